/**
 * One service for each key of the stack file, and for each edge of its forms. Several go into one stack; a name says
 * what is special about the service.
 */

export interface ServiceCase {
  name: string;
  /** keys of the service in YAML, without `image` where that is not what it is about */
  keys: string;
}

const cases: Record<string, string> = {
  'nothing but an image': '',

  // image
  'image without a tag': 'image: nginx',
  'image of the library, in full': 'image: docker.io/library/nginx',
  'image of the old hub name': 'image: index.docker.io/library/nginx:1.25',
  'image of a person': 'image: docker.io/someone/thing',
  'image of another registry': 'image: registry.example.com:5000/team/sub/thing:v1',
  'image of localhost': 'image: localhost/thing',
  'image with a digest': `image: nginx@sha256:${'a'.repeat(64)}`,
  'image with a tag and a digest': `image: nginx:1.25@sha256:${'b'.repeat(64)}`,

  // command and entrypoint
  'command as text': `command: "sh -c 'echo $$HOME' \\"two words\\" a\\\\ b"`,
  'command with a comment': 'command: "run it # now\\nand again"',
  'command as a list': 'command: ["sh", "-c", "a  b", ""]',
  'command that is empty': 'command: ""',
  'command that is an empty list': 'command: []',
  'command over two lines': 'command: >-\n  server\n  --flag="x y"\n  --other',
  'entrypoint as text': 'entrypoint: /init --verbose',
  'entrypoint as a list': 'entrypoint: ["/init", "a b"]',
  'entrypoint and command': 'entrypoint: /init\ncommand: serve',

  // environment
  'environment as a mapping': 'environment: {B: "2", A: one, EMPTY: "", NUMBER: 5, FRACTION: 1.50, BIG: 1e6}',
  'environment as a list': 'environment: ["B=2", "A=x=y", "EMPTY=", "OPEN"]',
  'environment with values from outside': 'environment:\n  FROM_OUTSIDE:\n  NOT_SET:\n  TAKEN_WHEN_EMPTY: ""',
  'environment in the order of bytes': 'environment: {a: 1, A: 2, _: 3, é: 4, a1: 5, "a=": 6}',
  'environment with an octal, a hexadecimal and a date':
    'environment: {O: 0755, H: 0x1F, D: 2020-01-02, U: 1_000}',
  'environment with a dollar': 'environment: {PRICE: "5$$", TEXT: "${NOT_SET:-a default}"}',
  'environment of a merged anchor': 'environment: {<<: {A: 1, B: 2}, B: 3}',
  'env_file as text': 'env_file: one.env',
  'env_file as a list, and environment over it': 'env_file: [one.env, two.env]\nenvironment: {SECOND: mine}',

  // small settings
  hostname: 'hostname: box',
  'hostname with a template': 'hostname: "{{.Node.Hostname}}-{{.Task.Slot}}"',
  user: 'user: "1000:1000"',
  working_dir: 'working_dir: /srv/app',
  'stop_signal and stop_grace_period': 'stop_signal: SIGUSR1\nstop_grace_period: 1m30s',
  'stop_grace_period of zero': 'stop_grace_period: 0s',
  'stop_grace_period with a fraction': 'stop_grace_period: 1.25s',
  'tty and stdin_open': 'tty: true\nstdin_open: true',
  'tty and stdin_open off': 'tty: false\nstdin_open: false',
  read_only: 'read_only: true',
  'init on': 'init: true',
  'init off': 'init: false',
  'isolation by default': 'isolation: default',
  'labels as a mapping': 'labels: {b: "2", a: 1, empty: "", nothing: , long: "x y z"}',
  'labels as a list': 'labels: ["b=2", "a", "c=", "d=x=y"]',
  'sysctls as a mapping': 'sysctls: {net.core.somaxconn: 1024, net.ipv4.tcp_syncookies: "0"}',
  'sysctls as a list': 'sysctls: ["net.core.somaxconn=1024"]',

  // health checks
  'healthcheck as text': 'healthcheck: {test: curl -f http://localhost}',
  'healthcheck as a list': 'healthcheck: {test: ["CMD", "curl", "-f", "http://localhost"]}',
  'healthcheck through a shell': 'healthcheck: {test: ["CMD-SHELL", "exit 0"], interval: 10s, timeout: 2s}',
  'healthcheck with everything':
    'healthcheck: {test: exit 0, interval: 1m30s, timeout: 10s, retries: 3, start_period: 40s}',
  'healthcheck with a start interval': 'healthcheck: {test: exit 0, start_period: 40s, start_interval: 2s}',
  'healthcheck of nothing': 'healthcheck: {test: ["NONE"]}',
  'healthcheck turned off': 'healthcheck: {disable: true}',
  'healthcheck not turned off': 'healthcheck: {disable: false, test: exit 0}',
  'healthcheck with times alone': 'healthcheck: {interval: 5s, retries: 0}',
  'healthcheck of an unknown kind': 'healthcheck: {test: ["curl", "localhost"]}',

  // rights and limits
  cap_add: 'cap_add: [net_admin, SYS_TIME, CAP_KILL]',
  cap_drop: 'cap_drop: [ALL]',
  'cap_add of all swallows the rest': 'cap_add: [NET_ADMIN, all]',
  'cap_add beats cap_drop': 'cap_add: [NET_ADMIN]\ncap_drop: [net_admin, CHOWN]',
  'cap_drop of all and cap_add': 'cap_add: [CHOWN]\ncap_drop: [ALL, KILL]',
  'capabilities said twice': 'cap_add: [kill, KILL, CAP_KILL]',
  ulimits: 'ulimits: {nproc: 65535, nofile: {soft: 20000, hard: 40000}, core: 0}',
  'ulimits without end': 'ulimits: {memlock: {soft: -1, hard: -1}}',

  // names and addresses
  'dns as text': 'dns: 8.8.8.8',
  'dns as a list': 'dns: [8.8.8.8, 1.1.1.1]\ndns_search: [b.example.com, a.example.com]',
  'dns_search as text': 'dns_search: example.com',
  'extra_hosts as a list':
    'extra_hosts: ["somehost:162.242.195.82", "another=50.31.209.229", "six:[::1]", "v6:::1"]',
  'extra_hosts as a mapping': 'extra_hosts: {z: 10.0.0.1, a: "::1"}',

  logging: 'logging: {driver: json-file, options: {max-size: 10m, max-file: 3}}',
  'logging with a driver alone': 'logging: {driver: none}',
  'logging with options alone': 'logging: {options: {max-size: 1m}}',

  'credential_spec of a file': 'credential_spec: {file: spec.json}',
  'credential_spec of the registry': 'credential_spec: {registry: spec}',
  'credential_spec of a config': 'credential_spec: {config: first}',
  'credential_spec beside a config': 'credential_spec: {config: first}\nconfigs: [second]',

  // ports, each outside port once in all cases of a stack
  'ports as numbers and text': 'ports: [80, "81"]',
  'ports outside and inside': 'ports: ["20001:80"]',
  'ports of udp and sctp': 'ports: ["20002:53/udp", "20003:54/sctp", "20004:55/TCP"]',
  'ports as a range': 'ports: ["20010-20012:80-82"]',
  'ports inside as a range': 'ports: ["90-92"]',
  'ports outside as a range to one': 'ports: ["20020-20022:80"]',
  'ports with a range of two digits and three': 'ports: ["20030-20032:98-100"]',
  'ports with an address': 'ports: ["127.0.0.1:20040:80", "0.0.0.0:20041:81"]',
  'ports with an IPv6 address': 'ports: ["[::1]:20042:80", "[::]:20043:81"]',
  'ports with an address and no port outside': 'ports: ["127.0.0.1::80"]',
  'ports sorted by the outside': 'ports: ["20052:1", "20050:2", "20051:3"]',
  'ports long': 'ports: [{target: 80, published: 20060, protocol: tcp, mode: ingress}]',
  'ports long, in host mode': 'ports: [{target: 80, published: 20061, protocol: udp, mode: host}]',
  'ports long, with a target alone': 'ports: [{target: 80}]',
  'ports long, of unknown mode and protocol':
    'ports: [{target: 80, published: 20062, protocol: xyz, mode: abc}]',
  'ports long, in capitals': 'ports: [{target: 80, published: 20063, protocol: UDP, mode: HOST}]',
  'ports of tcp and udp at one number': 'ports: ["20070:53/tcp", "20070:53/udp"]',

  // mounts
  'volume by name': 'volumes: ["data:/data"]',
  'volume by name, read-only': 'volumes: ["data:/data:ro"]',
  'volume by name, not filled': 'volumes: ["data:/data:nocopy,ro"]',
  'volume without a name': 'volumes: ["/data"]',
  'volume with a driver, options and labels': 'volumes: ["driven:/data"]',
  'volume with options alone': 'volumes: ["options:/data"]',
  'volume with a name of its own': 'volumes: ["named:/data"]',
  'volume of somebody else': 'volumes: ["theirs:/data", "renamed:/more"]',
  'volume long':
    'volumes: [{type: volume, source: data, target: /data, read_only: true, volume: {nocopy: true}}]',
  'volume long, without a name': 'volumes: [{type: volume, target: /data}]',
  'volume long, with consistency':
    'volumes: [{type: volume, source: data, target: /data, consistency: cached}]',
  'volume with a subpath': 'volumes: [{type: volume, source: data, target: /data, volume: {subpath: part}}]',
  'volumes in their order': 'volumes: ["named:/z", "data:/a", "/m"]',
  'bind of an absolute path': 'volumes: ["/var/run:/run:ro"]',
  'bind of a relative path': 'volumes: ["./conf:/conf", "../up:/up", ".:/here"]',
  'bind of the home directory': 'volumes: ["~/conf:/conf"]',
  'bind with a propagation': 'volumes: ["/mnt:/mnt:rslave", "/srv:/srv:ro,rshared"]',
  'bind with an unknown option': 'volumes: ["/mnt:/mnt:z"]',
  'bind of a Windows drive': 'volumes: ["c:/data:/data"]',
  'bind of a name of one letter': 'volumes: ["d:/data:/x"]',
  'bind long': 'volumes: [{type: bind, source: ./conf, target: /conf, bind: {propagation: rprivate}}]',
  'bind long, read-only': 'volumes: [{type: bind, source: /etc, target: /etc2, read_only: true}]',
  tmpfs: 'volumes: [{type: tmpfs, target: /tmp}]',
  'tmpfs with a size': 'volumes: [{type: tmpfs, target: /tmp, tmpfs: {size: 67108864}}]',

  // networks
  'network by default': 'networks: [default]',
  'network by name': 'networks: [front]',
  'networks sorted': 'networks: [front, back]',
  'networks that are empty': 'networks: []',
  'network aliases': 'networks: {front: {aliases: [zz, aa]}, back: }',
  'network with a name of its own': 'networks: [exact]',
  'network options': 'networks: {front: {driver_opts: {com.example.x: 1}}}',
  'network address': 'networks: {front: {ipv4_address: 10.0.9.9}}',
  'network of the host': 'networks: [host]',

  // secrets and configs
  'secret by key': 'secrets: [password]',
  'secret long': 'secrets: [{source: password, target: /run/pw, uid: "103", gid: "104", mode: 0440}]',
  'secret with a target alone': 'secrets: [{source: password, target: pw}]',
  'secrets sorted': 'secrets: [token, password]',
  'secret at two targets': 'secrets: [password, {source: password, target: again}]',
  'secret of a mode without octal': 'secrets: [{source: password, mode: 292}]',
  'secret of mode zero': 'secrets: [{source: password, mode: 0}]',
  'config by key': 'configs: [first]',
  'config long': 'configs: [{source: first, target: /etc/first.conf, uid: "1", gid: "2", mode: 0o400}]',
  'configs sorted': 'configs: [second, first, {source: first, target: /b}]',
  'config that is filled in by each task': 'configs: [{source: template, target: /etc/t}]',

  // deploy: how many
  'mode replicated': 'deploy: {mode: replicated, replicas: 0}',
  'mode replicated without a number':
    'deploy: {mode: replicated, placement: {constraints: [node.labels.none == yes]}}',
  'replicas of two': 'deploy: {replicas: 2, placement: {constraints: [node.labels.none == yes]}}',
  'mode global': 'deploy: {mode: global, placement: {constraints: [node.labels.none == yes]}}',
  'mode replicated-job':
    'deploy: {mode: replicated-job, replicas: 2, placement: {constraints: [node.labels.none == yes]}}',
  'mode replicated-job without a number':
    'deploy: {mode: replicated-job, placement: {constraints: [node.labels.none == yes]}}',
  'mode global-job': 'deploy: {mode: global-job, placement: {constraints: [node.labels.none == yes]}}',
  'deploy labels as a mapping': 'deploy: {replicas: 0, labels: {b: 2, a: x, empty: }}',
  'deploy labels as a list': 'deploy: {replicas: 0, labels: ["b=2", "a"]}',
  'deploy labels of another tool':
    'deploy: {replicas: 0, labels: ["traefik.http.routers.x.rule=Host(`example.com`)"]}',
  'endpoint_mode vip': 'deploy: {replicas: 0, endpoint_mode: vip}',
  'endpoint_mode dnsrr': 'deploy: {replicas: 0, endpoint_mode: dnsrr}',
  'endpoint_mode in capitals': 'deploy: {replicas: 0, endpoint_mode: DNSRR}',

  // deploy: rollouts
  'update_config that is empty': 'deploy: {replicas: 0, update_config: {}}',
  'update_config with everything':
    'deploy: {replicas: 0, update_config: {parallelism: 2, delay: 10s, failure_action: rollback, monitor: 20s, ' +
    'max_failure_ratio: 0.3, order: start-first}}',
  'update_config of all at once': 'deploy: {replicas: 0, update_config: {parallelism: 0}}',
  'update_config without a parallelism': 'deploy: {replicas: 0, update_config: {order: start-first}}',
  'update_config that goes on':
    'deploy: {replicas: 0, update_config: {failure_action: continue, max_failure_ratio: 1}}',
  'update_config with a ratio of many digits':
    'deploy: {replicas: 0, update_config: {max_failure_ratio: 0.123456789}}',
  rollback_config:
    'deploy: {replicas: 0, rollback_config: {parallelism: 0, delay: 1s, failure_action: continue, order: stop-first}}',
  'rollback_config that is empty': 'deploy: {replicas: 0, rollback_config: {}}',

  // deploy: restarts
  'restart_policy that is empty': 'deploy: {replicas: 0, restart_policy: {}}',
  'restart_policy any': 'deploy: {replicas: 0, restart_policy: {condition: any, delay: 0s}}',
  'restart_policy on-failure':
    'deploy: {replicas: 0, restart_policy: {condition: on-failure, delay: 3s, max_attempts: 4, window: 2m}}',
  'restart_policy none': 'deploy: {replicas: 0, restart_policy: {condition: none}}',
  'restart_policy without attempts': 'deploy: {replicas: 0, restart_policy: {max_attempts: 0, window: 0s}}',
  'restart always': 'restart: always',
  'restart unless-stopped': 'restart: unless-stopped',
  'restart on-failure': 'restart: on-failure',
  'restart on-failure, three times': 'restart: on-failure:3',
  'restart no': 'restart: "no"',
  'restart no, without quotes': 'restart: no',
  'restart beside a restart_policy':
    'restart: always\ndeploy: {replicas: 0, restart_policy: {condition: none}}',

  // deploy: where, and with what
  'constraints in their order':
    'deploy: {replicas: 0, placement: {constraints: [node.role == worker, node.labels.a!=b]}}',
  preferences:
    'deploy: {replicas: 0, placement: {preferences: [{spread: node.labels.zone}, {spread: node.labels.rack}]}}',
  max_replicas_per_node: 'deploy: {replicas: 0, placement: {max_replicas_per_node: 2}}',
  'placement that is empty': 'deploy: {replicas: 0, placement: {}}',
  limits: 'deploy: {replicas: 0, resources: {limits: {cpus: "0.25", memory: 64M, pids: 100}}}',
  reservations: 'deploy: {replicas: 0, resources: {reservations: {cpus: "0.001", memory: 20m}}}',
  'limits of whole cores and gigabytes':
    'deploy: {replicas: 0, resources: {limits: {cpus: "2", memory: 1.5gb}}}',
  'limits of thirds and kilobytes':
    'deploy: {replicas: 0, resources: {limits: {cpus: "1/4", memory: 8192k}}}',
  'resources that are empty': 'deploy: {replicas: 0, resources: {limits: {}, reservations: {}}}',
  generic_resources:
    'deploy: {replicas: 0, resources: {reservations: {generic_resources: ' +
    '[{discrete_resource_spec: {kind: gpu, value: 2}}, {discrete_resource_spec: {kind: ssd, value: 1}}]}}}',
  'deploy that is empty': 'deploy: {replicas: 0}',

  // without effect in a Swarm
  'keys without effect':
    'container_name: x\nexpose: ["80"]\nlinks: [a]\nprivileged: true\nipc: host\npid: host\nsecurity_opt: [x]\n' +
    'build: .\nnetwork_mode: host\ntmpfs: /tmp\nshm_size: 64m\ndevices: ["/dev/a:/dev/a"]\nuserns_mode: host\n' +
    'domainname: x\nmac_address: x\nexternal_links: [x]\ncgroup_parent: x',
  'key of an extension': 'x-note: {any: thing}',
};

export const SERVICE_CASES: readonly ServiceCase[] = Object.entries(cases).map(([name, keys]) => ({
  name,
  keys,
}));

/** Objects that the services above name. Fixed names hold the stack's, so that stacks stand side by side. */
export const TOP_LEVEL = `
networks:
  front: {attachable: true, labels: {tier: front}}
  back: {internal: true, driver: overlay, driver_opts: {com.docker.network.driver.mtu: 1400}}
  exact: {name: "exact-\${STACK}"}
  host: {external: true}
volumes:
  data:
  driven: {driver: local, driver_opts: {type: nfs, o: "addr=10.0.0.1,rw", size: 5}, labels: {b: 1, a: x}}
  options: {driver_opts: {device: /x}}
  named: {name: "volume-\${STACK}", labels: ["a=b"]}
  theirs: {external: true}
  renamed: {external: true, name: another}
secrets:
  password: {file: ./password.txt, labels: {kind: test}}
  token: {file: password.txt, name: "token-\${STACK}"}
configs:
  first: {file: ./first.conf}
  second: {file: first.conf, name: "second-\${STACK}", labels: ["a", "b=c"]}
  template: {file: first.conf, template_driver: golang}
`;

/** The files that the cases read. */
export const COMPANIONS: Readonly<Record<string, string>> = {
  'password.txt': 'not a secret\n',
  'first.conf': 'setting = {{ .Service.Name }}\n',
  'one.env': '# a comment\nFIRST=1\nQUOTED="x y"\n\nSECOND=from a file\nEMPTY=\nFROM_OUTSIDE\nNOT_SET\n',
  'two.env': 'SECOND=from another\nWITH_HASH=a#b\n',
};

/** What the cases find in the environment. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  FROM_OUTSIDE: 'from outside',
  TAKEN_WHEN_EMPTY: 'from outside too',
};

/** Whole files, for what is not about one service. */
export const FILE_CASES: Readonly<Record<string, readonly string[]>> = {
  'version 3': ['version: "3"\nservices: {web: {image: nginx, deploy: {replicas: 0}}}'],
  'version 3.0': ['version: "3.0"\nservices: {web: {image: nginx, deploy: {replicas: 0}}}'],
  'no version': ['services: {web: {image: nginx, deploy: {replicas: 0}}}'],
  'a second document': ['services: {web: {image: nginx, deploy: {replicas: 0}}}\n---\nservices: {}'],
  'extensions and anchors': [
    'x-base: &base {image: nginx, deploy: {replicas: 0}, labels: {a: 1}}\n' +
      'services: {web: {<<: *base, labels: {b: 2}}, api: *base}',
  ],
  'a network that nobody uses': [
    'services: {web: {image: nginx, deploy: {replicas: 0}}}\nnetworks: {unused: {}, default: {attachable: true}}',
  ],
  'a default network with a name': [
    'services: {web: {image: nginx, deploy: {replicas: 0}}}\nnetworks: {default: {name: "my-${STACK}"}}',
  ],
  'a network with an address range': [
    'services: {web: {image: nginx, networks: [n], deploy: {replicas: 0}}}\n' +
      'networks: {n: {ipam: {driver: default, config: [{subnet: 10.231.1.0/24}]}}}',
  ],
  'networks of labels as a list': [
    'services: {web: {image: nginx, networks: [n], deploy: {replicas: 0}}}\n' +
      'networks: {n: {labels: ["a=1", "b"], driver_opts: {encrypted: ""}}}',
  ],
  'a network that is not external': [
    'services: {web: {image: nginx, networks: [n], deploy: {replicas: 0}}}\nnetworks: {n: {external: false}}',
  ],
  'a secret and a config that nobody uses': [
    'services: {web: {image: nginx, deploy: {replicas: 0}}}\n' +
      'secrets: {s: {file: password.txt}}\nconfigs: {c: {file: first.conf, labels: {a: b}}}',
  ],
  'two files, lists and mappings': [
    'services: {web: {image: nginx, deploy: {replicas: 0, labels: {a: 1, b: 1}}, dns: [1.1.1.1], command: a b, ' +
      'environment: {A: 1, B: 1}, ports: ["20101:80", "20102:81"], volumes: ["old:/a", "/b"]}}\nvolumes: {old: }',
    'services: {web: {deploy: {labels: {b: 2, c: 2}}, dns: [2.2.2.2], command: [c], environment: [B=2, C=2], ' +
      'ports: ["20102:82", "20103:83"], volumes: ["new:/a:ro"]}}\nvolumes: {new: }',
  ],
  'two files, values': [
    'services: {web: {image: nginx:1, init: true, tty: true, hostname: a, deploy: {replicas: 0, update_config: ' +
      '{parallelism: 3, delay: 5s}}, healthcheck: {test: a, retries: 3}, stop_grace_period: 5s}}',
    'services: {web: {image: nginx:2, tty: false, deploy: {update_config: {parallelism: 0, order: start-first}}, ' +
      'healthcheck: {retries: 0, interval: 5s}, logging: {driver: none}}, more: {image: nginx, deploy: {replicas: 0}}}',
  ],
  'three files, networks and secrets': [
    'services: {web: {image: nginx, deploy: {replicas: 0}, networks: {n: {aliases: [a]}}, secrets: [s]}}\n' +
      'networks: {n: {labels: {a: 1}}}\nsecrets: {s: {file: password.txt}}',
    'services: {web: {networks: {m: }, secrets: [{source: s, target: t}]}}\nnetworks: {m: {}}',
    'services: {web: {networks: {n: {aliases: [b]}}}}\nnetworks: {n: {labels: {b: 2}}}',
  ],
  'two files, logging': [
    'services: {web: {image: nginx, deploy: {replicas: 0}, logging: {driver: json-file, options: {max-size: 1m}}}}',
    'services: {web: {logging: {driver: json-file, options: {max-file: "2"}}}}',
  ],
};
