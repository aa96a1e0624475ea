/** Stack files that docker and we have to read alike. `S` begins a file with one service `a` of the image x. */

export interface Case {
  name: string;
  /** one or several, merged in order; `FILE.env` in `with` are files beside them */
  files: readonly string[];
  env?: Record<string, string>;
  with?: Record<string, string>;
}

const S = 'services:\n  a:\n    image: x\n';
const service = (...lines: string[]) => S + lines.map((line) => `    ${line}\n`).join('');

const one = (name: string, text: string, more: Partial<Case> = {}): Case => ({
  name,
  files: [text],
  ...more,
});
const two = (name: string, base: string, over: string, more: Partial<Case> = {}): Case => ({
  name,
  files: [base, over],
  ...more,
});
const environment = (entries: string) => service(`environment: {${entries}}`);

const YAML: Case[] = [
  one(
    'octal, binary and hexadecimal numbers',
    environment('A: 0440, B: 0o17, C: 0b11, D: 0x1F, E: -0b11, F: 0X1F, G: -0o7'),
  ),
  one('digits with underscores', environment('A: 1_000, B: 1__0, C: _1, D: 1_0.5, E: 0_7, F: 0.1e1_0')),
  one(
    'floats',
    environment(
      'A: 1.50, B: 1e-7, C: 1e3, D: 1e21, E: 0.00001, F: 1., G: .5, H: 1e+5, I: 123456789.5, J: 1000000.0, K: -0.0',
    ),
  ),
  one(
    'numbers that are none',
    environment(
      'A: 08, B: 0x, C: 0b, D: 190:20:30, E: 1e400, F: 0123.5, G: 09.5, H: 1-2, I: +, J: "-", K: 0o8',
    ),
  ),
  one(
    'large numbers',
    environment(
      'A: 123456789012345678901234567890, B: 12345678901234567890, C: 9223372036854775808, D: -9223372036854775808, E: -9223372036854775809, F: 18446744073709551616',
    ),
  ),
  one(
    'signs and zeros',
    environment('A: -0, B: +12, C: 00, D: -00, E: +0x10, F: 1.0, G: 100000000000000000000.0'),
  ),
  one(
    'dates',
    environment(
      'A: 2020-01-01, B: 2020-1-1, C: 2020-01-01T10:00:00Z, D: 2020-01-01 10:00:00, E: 2020-01-01t10:00:00.5+02:00, F: 2020-1-01T10:00:00-03:30, G: 2020-01-01 1:2:3, H: 2020-01-01T1:2:3.120Z, I: 2020-01-01T10:00:00+00:00',
    ),
  ),
  one(
    'dates that are none',
    environment(
      'A: 2020-13-01, B: 2020-02-30, C: 2020-01-01T10:00:00, D: 2020-01-01T24:00:00Z, E: 2020-01-01 10:00:00 +0200, F: "2020-01-01", G: 20-01-01, H: 2019-02-29',
    ),
  ),
  one('words that are no booleans', environment('A: yes, B: no, C: on, D: off, E: y, F: n, G: tRUE')),
  one('booleans', service('tty: True', 'read_only: TRUE', 'stdin_open: false')),
  one('null', service('labels: {a: , b: ~, c: null, d: Null, e: NULL, f: nULL}')),
  one(
    'tags',
    service(
      'labels: {a: !!str 123, b: !!int "12", c: !!float 1, d: !foo 123, e: !!binary aGVsbG8=, f: !!str 2020-01-01, g: ! 123}',
    ),
  ),
  one('a wrong tag', service('labels: {a: !!int 1.5}')),
  one('a wrong boolean tag', service('labels: {a: !!bool yes}')),
  one(
    'texts in maps of texts',
    service(
      'sysctls: {a: 1.0, b: 0x10}',
      'logging: {driver: x, options: {a: 1.5, b: 012, c: , d: 1e-7, e: 2020-01-01}}',
    ) + 'volumes: {v: {driver_opts: {a: 1.50, b: 012}, labels: {a: 0x10}}}\n',
  ),
  one('anchors and aliases', service('labels: &l {a: b, c: 1.50}', 'environment: *l')),
  one('a merge key', 'x-c: &c {image: y, user: u}\nservices:\n  a:\n    <<: *c\n    image: z\n'),
  one(
    'a list to merge',
    'x-a: &a {image: y, user: u}\nx-b: &b {image: z, hostname: h}\nservices:\n  a:\n    <<: [*a, *b]\n    tty: true\n',
  ),
  one('a mapping to merge', 'services:\n  a:\n    <<: {image: y}\n    tty: true\n'),
  one(
    'merges within merges',
    'x-a: &a {image: y, user: u}\nx-b: &b\n  <<: *a\n  user: v\nservices:\n  a:\n    <<: *b\n',
  ),
  one('a merge key in quotes', 'x-c: &c {image: y}\nservices:\n  a:\n    "<<": *c\n    image: z\n'),
  one('two merge keys', 'x-c: &c {image: y}\nservices:\n  a:\n    <<: *c\n    <<: *c\n'),
  one('a number to merge', 'services:\n  a:\n    <<: 3\n    image: x\n'),
  one('nothing to merge', 'services:\n  a:\n    <<:\n    image: x\n'),
  one('an unknown anchor', service('labels: {a: *nope}')),
  one('an anchor in itself', service('labels: &a {a: *a}')),
  one('a key given twice', 'services:\n  a:\n    image: x\n    image: y\n'),
  one('a key given twice deep inside', service('labels: {a: 1, "a": 2}')),
  one('a number as key', environment('1: b')),
  one('a boolean as key', environment('true: b')),
  one('null as key', environment('~: b')),
  one('a date as key', environment('2020-01-01: b')),
  one('a number as key of an extension', `${S}x-a: {1: b}\n`),
  one('words as keys', environment('yes: 1, on: 2')),
  one('the first document', `---\n${S}---\n[\n`),
  one('the first document, ended', `${S}...\n[\n`),
  one('an empty first document', `---\n---\n${S}`),
  one('a byte order mark', `\uFEFF${S}`),
  one('carriage returns', service('tty: true').replaceAll('\n', '\r\n')),
  one('an empty file', ''),
  one('a comment alone', '# nothing\n'),
  one('a list', '[]\n'),
  one('a text', 'services\n'),
  one('tabs between', service('tty:\t\ttrue', 'labels: {a:\tb}\t# c')),
  one('a tab as indentation', 'services:\n\ta:\n    image: x\n'),
  one('a tab in a block text', service('labels:', '  c: |') + '\tx\n'),
  one(
    'block texts',
    service(
      'command: >-',
      '  a',
      '  b',
      'labels:',
      '  a: |',
      '    x',
      '    y',
      '  b: |-',
      '    z',
      '  c: >',
      '    a',
      '    b',
      '',
      '    c',
    ),
  ),
  one('a text over lines', service('command: a', '  b', 'tty: true')),
  one(
    'flow forms',
    service('labels: {"a":1, "b" : 2, c: http://x, d: a#b, e: "x y", }', 'command: [a:1, "b", c d]'),
  ),
  one('keys without a blank after the colon', environment('A:1, B: 2')),
  one('complex keys', '? services\n: a: {image: x}\n'),
  one('escapes', service("labels: {a: \"\\x41\\u00e9\\t\\\\\", b: 'it''s'}")),
  one('an unknown escape', service('labels: {a: "\\q"}')),
  one('a control character', service('labels: {a: b\u0001}')),
  one('an at sign', service('hostname: @x')),
  one('a backquote', service('hostname: `x`')),
  one('a percent sign', service('labels: {c: %x}')),
  one('a colon in a text', service('hostname: b: c')),
  one('a quote that is not closed', service('hostname: "x')),
  one('a list that is not closed', service('command: [x')),
  one('a wrong indentation', 'services:\n  a:\n    image: x\n   tty: true\n'),
  one('a comma too many', 'services: {a: {image: x},, }\n'),
  one('a list as deep as its key', service('command:', '- a', '- b')),
];

const ENV = { A: 'x', B: 'y', EMPTY: '', N: '5', YES: 'yes' };
const value = (name: string, text: string) => one(name, service(`labels: {it: '${text}'}`), { env: ENV });

const VARIABLES: Case[] = [
  value('bare', '$A and $A_ and ${A}'),
  value('next to each other', '$A$B${A}${B}'),
  value('a dollar', '$$A $$$A $${A}'),
  value('defaults', '${UNSET:-d} ${UNSET-d} ${EMPTY:-d} ${EMPTY-d} ${A:-d}'),
  value('empty defaults', '${UNSET:-}${UNSET-}'),
  value('an odd default', '${UNSET:-a:b}'),
  value('required and there', '${A:?set} ${A?set}'),
  value('required and empty', '${EMPTY:?it}'),
  value('required and not there', '${UNSET?it}'),
  value('unset', '-${UNSET}-'),
  value('not closed', '${A'),
  value('nothing', '${}'),
  value('a digit first', '$1'),
  value('a blank', '${ A}'),
  value('an operator that is none', '${A:=x}'),
  value('a plus', '${A:+x}'),
  value('a dollar at the end', 'costs 5$'),
  one('in every text', service('environment: {A: "$A"}', 'command: ["$A", b]', 'x-a: "$B"'), {
    env: ENV,
  }),
  one('in an extension', `x-a: "\${Z"\n${S}`),
  one(
    'numbers',
    service(
      'deploy: {replicas: "$N", update_config: {parallelism: "$N", max_failure_ratio: "0.$N"}, restart_policy: {max_attempts: "$N"}, placement: {max_replicas_per_node: "$N"}}',
      'healthcheck: {test: x, retries: "$N"}',
      'ulimits: {nofile: "$N", nproc: {soft: "$N", hard: "$N"}}',
    ),
    { env: ENV },
  ),
  one(
    'booleans',
    service(
      'tty: "$YES"',
      'read_only: "${UNSET:-TRUE}"',
      'stdin_open: "${UNSET:-n}"',
      'privileged: "${UNSET:-on}"',
    ),
    { env: ENV },
  ),
  one('ports', service('ports: [{target: "$N", published: "$N"}, "$N0:80", "${N}1:81"]'), { env: ENV }),
  one('modes', service('configs: [{source: c, mode: "${UNSET:-0440}"}]') + 'configs: {c: {file: ./c}}\n', {
    env: ENV,
  }),
  one('a number with a sign', service('deploy: {replicas: "${UNSET:-+5}"}')),
  one('a hexadecimal number', service('deploy: {replicas: "${UNSET:-0x10}"}')),
  one('an empty number', service('deploy: {replicas: "${UNSET:-}"}')),
  one('a wrong boolean', service('tty: "${UNSET:-maybe}"')),
  one('a boolean where docker casts none', service('init: "${UNSET:-true}"')),
  one('a number where docker casts none', service('deploy: {resources: {limits: {pids: "$N"}}}'), {
    env: ENV,
  }),
  one('text that looks like a number', service('deploy: {replicas: "5"}')),
];

const E = {
  'one.env': '\uFEFFA=1\n# c\n\n  B="q" # x\nEMPTY=\nC=$A\nD=a=b\nHOST\nGONE\n\tE=3\r\nA=2\n',
  'two.env': 'A=9\nZ=1',
};

const ENV_FILES: Case[] = [
  one('lines as they are', service('env_file: one.env'), { with: E, env: { HOST: 'h' } }),
  one('the later file wins', service('env_file: [one.env, ./two.env]'), { with: E }),
  one('what is written wins', service('env_file: [one.env]', 'environment: {A: 7, N: 8}'), { with: E }),
  one(
    'empty values from the process',
    service('env_file: one.env', "environment: {K: , L: '', M: '', O: }"),
    { with: E, env: { EMPTY: 'e', K: 'k', L: 'l' } },
  ),
  one('lists', service('environment: [A=, B, C, "D=1", =3, "X=a=b"]'), { env: { A: 'a', B: 'b' } }),
  one('a later key without a value', service('environment: [A=1, A]'), { env: { A: 'a' } }),
  one('a file that is not there', service('env_file: gone.env')),
  one('export', service('env_file: e'), { with: { e: 'export A=1\n' } }),
  one('a blank after the key', service('env_file: e'), { with: { e: 'A = 1\n' } }),
  one('no key', service('env_file: e'), { with: { e: '=1\n' } }),
  one('an object', service('env_file: [{path: one.env}]'), { with: E }),
  one('the same twice', service('env_file: [one.env, one.env]'), { with: E }),
  two('file by file', service('env_file: one.env', 'environment: {A: 5}'), service('env_file: two.env'), {
    with: E,
  }),
];

const d = (...lines: string[]) => service(...lines);
const MERGES: Case[] = [
  two('commands', d('command: [a, b]', 'entrypoint: e'), d('command: c')),
  two('empty commands', d('command: [a, b]', 'entrypoint: e'), d('command: []', 'entrypoint: ""')),
  two('scalars', d('user: u', 'hostname: h', 'init: true'), 'services: {a: {image: y, user: v}}\n'),
  two(
    'empty scalars',
    d('user: u', 'init: true', 'tty: true', 'stop_grace_period: 5s'),
    d("user: ''", 'init: false', 'tty: false', 'stop_grace_period: 0s'),
  ),
  two(
    'zeros that count',
    d(
      'deploy: {replicas: 3, update_config: {parallelism: 2, delay: 3s}, restart_policy: {condition: any, max_attempts: 3}}',
      'healthcheck: {test: x, retries: 3}',
    ),
    d(
      'deploy: {replicas: 0, update_config: {parallelism: 0, delay: 0s}, restart_policy: {max_attempts: 0}}',
      'healthcheck: {retries: 0}',
    ),
  ),
  two(
    'zeros that do not',
    d(
      'deploy: {update_config: {max_failure_ratio: 0.5}, placement: {max_replicas_per_node: 3}, resources: {limits: {pids: 5, memory: 1G, cpus: "2"}}}',
    ),
    d(
      'deploy: {update_config: {max_failure_ratio: 0}, placement: {max_replicas_per_node: 0}, resources: {limits: {pids: 0, memory: "0", cpus: "0"}}}',
    ),
  ),
  two(
    'deploy',
    d('deploy: {labels: {a: b}, resources: {limits: {cpus: "1", memory: 1G}}}'),
    d(
      'deploy: {mode: global, labels: [a=c, d=e], resources: {limits: {cpus: "2"}, reservations: {memory: 5M}}}',
    ),
  ),
  two(
    'lists',
    d(
      'cap_add: [SYS_TIME]',
      'cap_drop: [KILL]',
      'dns: 1.1.1.1',
      'dns_search: a',
      'deploy: {placement: {constraints: [node.role==worker], preferences: [{spread: x}]}}',
    ),
    d(
      'cap_add: [NET_ADMIN]',
      'dns: [2.2.2.2]',
      'dns_search: [b]',
      'deploy: {placement: {constraints: [node.labels.c==d], preferences: [{spread: y}]}}',
    ),
  ),
  two('hosts', d('extra_hosts: ["a:1.1.1.1", "b:2.2.2.2"]'), d('extra_hosts: {c: 3.3.3.3, a: 4.4.4.4}')),
  two(
    'pairs',
    d('labels: [a=b, c=d]', 'environment: {A: 1, B: 2}', 'sysctls: {a: 1}'),
    d('labels: {a: e}', 'environment: [A=3, C]', 'sysctls: [a=2, b=3]'),
  ),
  two(
    'empty pairs',
    d('environment: {A: 1, B: 2, C: }', 'labels: {a: b}'),
    d("environment: {A: , B: '', C: 3}", "labels: {a: ''}"),
  ),
  two(
    'generic resources',
    d(
      'deploy: {resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: gpu, value: 1}}]}}}',
    ),
    d(
      'deploy: {resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: ssd, value: 2}}]}}}',
    ),
  ),
  two(
    'ports',
    d("ports: ['81:81', '80:80']"),
    d("ports: [{target: 8080, published: 80, mode: host}, '82:82']"),
  ),
  two('a range of ports', d("ports: ['8000-8002:80-82']"), d("ports: ['8001:90']")),
  two(
    'volumes',
    d("volumes: ['data:/d', './b:/b', '/c', 'data:/z:ro']") + 'volumes: {data: }\n',
    d("volumes: ['./x:/d:ro', {type: bind, source: /y, target: /b}, 'data:/a:nocopy']"),
  ),
  two(
    'volumes in one file only',
    d("volumes: ['data:/z', 'data:/a']") + 'volumes: {data: }\n',
    d('tty: true'),
  ),
  two(
    'volumes are replaced whole',
    d('volumes: [{type: volume, source: data, target: /d, volume: {nocopy: true}}]') + 'volumes: {data: }\n',
    d('volumes: [{type: bind, source: /x, target: /d, read_only: true}]'),
  ),
  two(
    'configs and secrets',
    d('configs: [c, {source: e, target: /e, mode: 0400}]', 'secrets: [s]') +
      'configs: {c: {file: ./c}, e: {file: ./e}}\nsecrets: {s: {file: ./s}}\n',
    d('configs: [{source: c, target: /x}, e]', 'secrets: [{source: s, uid: "1"}]') +
      'configs: {c: {external: true}}\n',
  ),
  two(
    'aliases',
    d('networks: {n: {aliases: [a, b]}, k: }') + 'networks: {n: {driver: x}, k: }\n',
    d('networks: {n: {aliases: [c]}}') + 'networks: {n: {driver: y}}\n',
  ),
  two(
    'networks as a list',
    d('networks: {n: {aliases: [a, b]}, k: }') + 'networks: {n: , k: }\n',
    d('networks: [n, m]') + 'networks: {m: }\n',
  ),
  two(
    'logging of one driver',
    d('logging: {driver: a, options: {x: 1, y: 2}}'),
    d('logging: {driver: a, options: {x: 3}}'),
  ),
  two(
    'logging of another driver',
    d('logging: {driver: a, options: {x: 1, y: 2}}'),
    d('logging: {driver: b, options: {x: 3}}'),
  ),
  two(
    'logging without a driver',
    d('logging: {driver: a, options: {x: 1, y: 2}}'),
    d('logging: {options: {x: 3}}'),
  ),
  two(
    'logging with a driver later',
    d('logging: {options: {x: 1, y: 2}}'),
    d('logging: {driver: a, options: {x: 3}}'),
  ),
  two(
    'ulimits',
    d('ulimits: {nofile: 3, nproc: {soft: 1, hard: 2}}'),
    d('ulimits: {nofile: {soft: 4, hard: 5}, nproc: 4}'),
  ),
  two(
    'health',
    d('healthcheck: {test: [CMD, a], interval: 3s, start_period: 1s}'),
    d('healthcheck: {interval: 5s, timeout: 1s}'),
  ),
  two(
    'top-level entries',
    `${S}volumes: {v: {driver: a, driver_opts: {a: b}}, w: }\nnetworks: {n: {driver: x, labels: {a: b}}}\n`,
    `${S}volumes: {v: }\nnetworks: {n: {internal: true}}\n`,
  ),
  two('a further service', S, 'services: {b: {image: y}}\n'),
  two('nothing', S, 'services: {}\n'),
  two('networks alone', S, 'networks: {}\n'),
  two('different versions', `version: "3.8"\n${S}`, `version: "3.9"\n${S}`),
  two('a version and none', `version: "3.8"\n${S}`, S),
  two('the newest version and none', `version: "3.13"\n${S}`, S),
  {
    name: 'three files',
    files: [d('user: a', 'labels: {a: 1}'), d('user: b', 'labels: {b: 2}'), d('labels: {a: 3}')],
  },
];

const DOUBLES: Case[] = [
  one('labels', service('labels: [a, a]')),
  one('labels with different values', service('labels: [a=1, a=2]')),
  one('environment', service('environment: [A=1, A=1]')),
  one('networks', `${service('networks: [n, n]')}networks: {n: }\n`),
  one('ports', service('ports: [80, 80]')),
  one('capabilities', service('cap_add: [KILL, KILL]')),
];

const TOP: Case[] = [
  one('version 2', `version: "2"\n${S}`),
  one('version 3', `version: "3"\n${S}`),
  one('version 3.14', `version: "3.14"\n${S}`),
  one('an empty version', `version: ""\n${S}`),
  one('a number as version', `version: 3.8\n${S}`),
  one('name', `name: shop\n${S}`),
  one('include', `include: [x.yml]\n${S}`),
  one('profiles', service('profiles: [x]')),
  one('extends', service('extends: {service: b}')),
  one('mem_limit', service('mem_limit: 1m')),
  one('long depends_on', service('depends_on: {b: {condition: service_started}}')),
  one(
    'relative and absolute paths',
    service('volumes: [./a:/b, ../c:/d, /e:/f, .:/g]') +
      'secrets: {b: {file: ../b}, c: {file: /x/y}}\nconfigs: {a: {file: a//b}}\n',
  ),
];

export const CASES: readonly (readonly [string, readonly Case[]])[] = [
  ['YAML', YAML],
  ['variables', VARIABLES],
  ['environment files', ENV_FILES],
  ['several files', MERGES],
  ['what stands twice', DOUBLES],
  ['the top of a file', TOP],
];
