/** Input that cannot be right, and the exact words about it. `{dir}` stands for the directory that a case runs in. */

export interface BadInput {
  name: string;
  args: readonly string[];
  /** added to the environment */
  env?: Readonly<Record<string, string>>;
  /** written into the directory first */
  files?: Readonly<Record<string, string>>;
  code: 1 | 2;
  stderr: readonly string[];
}

export const BAD_INPUT: Readonly<Record<string, readonly BadInput[]>> = {
  'a wrong command line': [
    {
      name: 'an unknown command',
      args: ['stauts'],
      code: 2,
      stderr: ["error: command line: unknown command 'stauts'", '  Did you mean "status"?'],
    },
    {
      name: 'a command that is like none',
      args: ['frobnicate'],
      code: 2,
      stderr: ["error: command line: unknown command 'frobnicate'", '  See: scalectl --help'],
    },
    {
      name: 'help for an unknown command',
      args: ['help', 'depoly'],
      code: 2,
      stderr: ["error: command line: unknown command 'depoly'", '  Did you mean "deploy"?'],
    },
    {
      name: 'an unknown flag',
      args: ['status', '--no-stast'],
      code: 2,
      stderr: ["error: command line: unknown option '--no-stast'", '  Did you mean "--no-stats"?'],
    },
    {
      name: 'an unknown flag that is like none',
      args: ['status', '--frobnicate'],
      code: 2,
      stderr: ["error: command line: unknown option '--frobnicate'", '  See: scalectl status --help'],
    },
    {
      name: 'an unknown short flag',
      args: ['status', '-z'],
      code: 2,
      stderr: ["error: command line: unknown option '-z'", '  See: scalectl status --help'],
    },
    {
      name: 'a flag of another command',
      args: ['down', '--dry-run'],
      code: 2,
      stderr: ["error: command line: unknown option '--dry-run'", '  See: scalectl down --help'],
    },
    {
      name: 'a missing argument',
      args: ['scale'],
      code: 2,
      stderr: [
        "error: command line: missing required argument 'service=replicas'",
        '  See: scalectl scale --help',
      ],
    },
    {
      name: 'an argument too many',
      args: ['status', 'web'],
      code: 2,
      stderr: [
        "error: command line: too many arguments for 'status'. Expected 0 arguments but got 1.",
        '  See: scalectl status --help',
      ],
    },
    {
      name: 'a flag without its value',
      args: ['status', '--stack'],
      code: 2,
      stderr: [
        "error: command line: option '--stack <name>' argument missing",
        '  See: scalectl status --help',
      ],
    },
    {
      name: 'an output that is none',
      args: ['status', '-o', 'xml'],
      code: 2,
      stderr: [
        "error: command line: option '-o, --output <format>' argument 'xml' is invalid. Allowed choices are table, wide, json, yaml, name.",
        '  Did you mean "yaml"?',
      ],
    },
    {
      name: 'an output with a slip',
      args: ['status', '-o', 'jsno'],
      code: 2,
      stderr: [
        "error: command line: option '-o, --output <format>' argument 'jsno' is invalid. Allowed choices are table, wide, json, yaml, name.",
        '  Did you mean "json"?',
      ],
    },
    {
      name: 'a progress that is none',
      args: ['deploy', '--progress', 'loud'],
      code: 2,
      stderr: [
        "error: command line: option '--progress <mode>' argument 'loud' is invalid. Allowed choices are auto, tty, plain, json, quiet.",
        '  See: scalectl deploy --help',
      ],
    },
    {
      name: 'a choice that is none',
      args: ['deploy', '--resolve-image', 'sometimes'],
      code: 2,
      stderr: [
        "error: command line: option '--resolve-image <when>' argument 'sometimes' is invalid. Allowed choices are always, changed, never.",
        '  See: scalectl deploy --help',
      ],
    },
    {
      name: 'a timeout that is no duration',
      args: ['scale', 'web=2', '--timeout', 'soon'],
      code: 2,
      stderr: ['error: --timeout: "soon" is no duration above zero', '  Write 500ms, 30s or 1m30s.'],
    },
    {
      name: 'a timeout that is no duration, for a command that waits for nothing',
      args: ['status', '--timeout', 'soon'],
      code: 2,
      stderr: ['error: --timeout: "soon" is no duration above zero', '  Write 500ms, 30s or 1m30s.'],
    },
    {
      name: 'the status of an unknown stack',
      args: ['status', '--stack', 'tinny'],
      code: 2,
      stderr: ['error: --stack: there is no stack "tinny" in this Swarm', '  Did you mean "tiny"?'],
    },
    {
      name: 'a timeout without a unit',
      args: ['scale', 'web=2', '--timeout', '30'],
      code: 2,
      stderr: ['error: --timeout: "30" is no duration above zero', '  Write 500ms, 30s or 1m30s.'],
    },
    {
      name: 'a timeout of nothing',
      args: ['down', '--timeout', '0s'],
      code: 2,
      stderr: ['error: --timeout: "0s" is no duration above zero', '  Write 500ms, 30s or 1m30s.'],
    },
    {
      name: 'an error under -o json',
      args: ['status', '-o', 'json', '--no-stast'],
      code: 2,
      stderr: [
        '{"apiVersion":"scalectl/v1","kind":"Error","exitCode":2,"message":"unknown option \'--no-stast\'","place":"command line","hint":"Did you mean \\"--no-stats\\"?","others":[]}',
      ],
    },
    {
      name: 'a problem under -o json',
      args: ['scale', 'wbe=2', '--stack', 'tiny', '-o', 'json'],
      code: 2,
      stderr: [
        '{"apiVersion":"scalectl/v1","kind":"Error","exitCode":2,"message":"there is no service \\"wbe\\" in the stack tiny","place":null,"hint":"Did you mean \\"web\\"?","others":[]}',
      ],
    },
  ],
  'a wrong way to the Engine': [
    {
      name: 'an address that is none',
      args: ['status', '-H', 'nonsense'],
      code: 2,
      stderr: [
        'error: --host: cannot understand the Engine address "nonsense"',
        '  Use unix:///path/to/docker.sock, tcp://host:2376 or ssh://user@host.',
      ],
    },
    {
      name: 'an address with a port that is none',
      args: ['status', '--host', 'tcp://engine:99999'],
      code: 2,
      stderr: [
        'error: --host: cannot understand the Engine address "tcp://engine:99999"',
        '  Use unix:///path/to/docker.sock, tcp://host:2376 or ssh://user@host.',
      ],
    },
    {
      name: 'an unknown context',
      args: ['status', '--context', 'nowhere'],
      code: 2,
      stderr: [
        'error: --context: no docker context named "nowhere"',
        '  List the contexts with: docker context ls',
      ],
    },
    {
      name: 'both a context and an address',
      args: ['status', '--context', 'a', '--host', 'tcp://b'],
      code: 2,
      stderr: ['error: --context and --host exclude each other', '  Give one of the two.'],
    },
    {
      name: 'an address in the environment that is none',
      args: ['status'],
      env: { DOCKER_HOST: 'engine:2375' },
      code: 2,
      stderr: [
        'error: environment DOCKER_HOST: cannot understand the Engine address "engine:2375"',
        '  Use unix:///path/to/docker.sock, tcp://host:2376 or ssh://user@host.',
      ],
    },
    {
      name: 'an unknown context in the environment',
      args: ['status'],
      env: { DOCKER_HOST: '', DOCKER_CONTEXT: 'nowhere' },
      code: 2,
      stderr: [
        'error: environment DOCKER_CONTEXT: no docker context named "nowhere"',
        '  List the contexts with: docker context ls',
      ],
    },
    {
      name: 'a socket that is not there',
      args: ['status'],
      env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
      code: 1,
      stderr: [
        'error: cannot reach the Docker Engine at unix:///nowhere/docker.sock: there is no such socket',
        '  Is it running? Check with: scalectl doctor',
      ],
    },
    {
      name: 'a socket that is not there, for a deploy',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad'],
      env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n' },
      code: 1,
      stderr: [
        'error: cannot reach the Docker Engine at unix:///nowhere/docker.sock: there is no such socket',
        '  Is it running? Check with: scalectl doctor',
      ],
    },
    {
      name: 'a file that is wrong, where no Engine answers',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad'],
      env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    ports: ["99999:80"]\n' },
      code: 2,
      stderr: [
        'error: stack.yml:4:13: services.web.ports.0: cannot read the port "99999:80": "99999" is no port and no range of ports',
        '  Write "8080:80", "8080:80/udp" or "8000-8002:80-82" with ports from 0 to 65535.',
      ],
    },
    {
      name: 'a port where nothing listens',
      args: ['status', '-H', 'tcp://127.0.0.1:1'],
      code: 1,
      stderr: [
        'error: cannot reach the Docker Engine at tcp://127.0.0.1:1: nothing listens there',
        '  Is it running? Check with: scalectl doctor',
      ],
    },
    {
      name: 'a file that is no socket, under -o json',
      args: ['status', '-o', 'json'],
      env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
      code: 1,
      stderr: [
        '{"apiVersion":"scalectl/v1","kind":"Error","exitCode":1,"message":"cannot reach the Docker Engine at unix:///nowhere/docker.sock: there is no such socket","place":null,"hint":"Is it running? Check with: scalectl doctor","others":[]}',
      ],
    },
  ],
  'a wrong demand about policies': [
    {
      name: 'nothing to do',
      args: ['policy'],
      code: 2,
      stderr: [
        'error: command line: policy needs to know what to do',
        '  Write one of: scalectl policy show, scalectl policy pause, scalectl policy resume, scalectl policy set, scalectl policy import, scalectl policy lint',
      ],
    },
    {
      name: 'something else to do',
      args: ['policy', 'lnit'],
      code: 2,
      stderr: [
        'error: command line: "lnit" is nothing that can be done with policies',
        '  Did you mean "lint"?',
      ],
    },
    {
      name: 'a flag of another action',
      args: ['policy', 'show', '-c', 'stack.yml'],
      code: 2,
      stderr: ['error: command line: policy show takes no --compose-file', '  See: scalectl policy --help'],
    },
    {
      name: 'a way to read no file',
      args: ['policy', 'lint', '--strict'],
      code: 2,
      stderr: [
        'error: command line: there is no stack file to read so: without -c the policies of the Swarm are checked',
        '  Name the file with -c FILE.',
      ],
    },
    {
      name: 'a service to check',
      args: ['policy', 'lint', 'web'],
      code: 2,
      stderr: [
        'error: command line: policy lint takes no "web": it checks all policies of a stack',
        '  Name files with -c, and the stack with --stack.',
      ],
    },
    {
      name: 'an unknown service to show',
      args: ['policy', 'show', 'wbe', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: there is no service "wbe" in the stack tiny', '  Did you mean "web"?'],
    },
    {
      name: 'nothing to pause',
      args: ['policy', 'pause'],
      code: 2,
      stderr: [
        'error: command line: policy pause needs the name of a service',
        '  Write: scalectl policy pause backend',
      ],
    },
    {
      name: 'a pause of no duration',
      args: ['policy', 'pause', 'web', '--for', 'lunch'],
      code: 2,
      stderr: ['error: --for: "lunch" is no duration above zero', '  Write 500ms, 30s or 1m30s.'],
    },
    {
      name: 'a pause that is too long',
      args: ['policy', 'pause', 'web', '--for', '9000h'],
      code: 2,
      stderr: [
        'error: --for: "9000h" is longer than a year',
        '  Leave --for out to pause until scalectl policy resume.',
      ],
    },
    {
      name: 'an unknown service to resume',
      args: ['policy', 'resume', 'wbe', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: there is no service "wbe" in the stack tiny', '  Did you mean "web"?'],
    },
    {
      name: 'no service to set',
      args: ['policy', 'set', 'max=3'],
      code: 2,
      stderr: [
        'error: command line: policy set needs a service and its settings',
        '  Write: scalectl policy set backend max=10 cpu.target=70',
      ],
    },
    {
      name: 'unknown and unreadable settings',
      args: ['policy', 'set', 'web', 'mxa=3', 'cpu.target'],
      code: 2,
      stderr: [
        'error: policy set mxa=3: "mxa" is no setting of a policy',
        '  Did you mean "max"?',
        'error: policy set cpu.target: cannot read "cpu.target"',
        '  Write KEY=VALUE: max=10',
      ],
    },
    {
      name: 'settings that make no policy',
      args: ['policy', 'set', 'web', 'max=3', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: service tiny_web, label scalectl.autoscale: is missing, so that the other scalectl labels do nothing',
        '  Add scalectl.autoscale: "true", or remove the others.',
      ],
    },
    {
      name: 'no manifest to import',
      args: ['policy', 'import', 'hpa.yaml'],
      code: 2,
      stderr: [
        'error: policy import: there is no readable file hpa.yaml',
        '  Name a manifest: kubectl get hpa NAME -o yaml > hpa.yaml',
      ],
    },
    {
      name: 'a manifest of something else',
      args: ['policy', 'import', 'hpa.yaml'],
      files: { 'hpa.yaml': 'kind: Deployment\n' },
      code: 2,
      stderr: [
        'error: hpa.yaml: has no HorizontalPodAutoscaler in it',
        '  Write one out with: kubectl get hpa NAME -o yaml',
      ],
    },
    {
      name: 'a manifest that is not right itself',
      args: ['policy', 'import', 'hpa.yaml'],
      files: {
        'hpa.yaml':
          'apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nspec: { maxReplicas: many }\n',
      },
      code: 2,
      stderr: [
        'error: hpa.yaml: apiVersion: is "autoscaling/v1", and autoscaling/v2 is what can be read',
        '  Convert it first: kubectl get hpa NAME -o yaml gives autoscaling/v2.',
        'error: hpa.yaml: spec.maxReplicas: is no number of replicas',
        '  Write maxReplicas: 10, for example.',
      ],
    },
    {
      name: 'schedules that cannot be kept',
      args: ['policy', 'lint', '-c', 'stack.yml'],
      files: {
        'stack.yml':
          "services:\n  web:\n    image: nginx\n    deploy:\n      labels:\n        scalectl.autoscale: 'true'\n" +
          "        scalectl.max: '4'\n        scalectl.cpu.target: '70'\n        scalectl.timezone: Berlin\n" +
          '        scalectl.schedule.office: 0 25 * * mon-fri 10h min=3\n' +
          '        scalectl.schedule.night: 0 22 * * * 8h max=3\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:9:28: services.web.deploy.labels.scalectl.timezone "Berlin" is no time zone',
        '  Write scalectl.timezone: "Europe/Berlin", for example.',
        'error: stack.yml:10:35: services.web.deploy.labels.scalectl.schedule.office "0 25 * * mon-fri 10h min=3" has "25" for the hour, which is not made of numbers from 0 to 23',
        '  Write scalectl.schedule.office: "0 8 * * mon-fri 10h min=4", for example.',
        'error: stack.yml:11:34: services.web.deploy.labels.scalectl.schedule.night "0 22 * * * 8h max=3" ends in "max=3", which is neither min=N nor replicas=N',
        '  Write min=4 for at least 4 replicas, replicas=4 for exactly 4.',
      ],
    },
    {
      name: 'all that is wrong in a file',
      args: ['policy', 'lint', '-c', 'stack.yml'],
      files: {
        'stack.yml':
          "services:\n  web:\n    image: nginx\n    deploy:\n      labels:\n        scalectl.autoscale: 'true'\n" +
          "        scalectl.max: '4'\n        scalectl.cpu.up: '80'\n        scalectl.cpu.down: '60'\n" +
          "  db:\n    image: postgres:17\n    deploy:\n      labels:\n        scalectl.autoscale: 'true'\n" +
          "        scalectl.max: '4'\n        scalectl.cpu.target: '70'\n",
      },
      code: 2,
      stderr: [
        'error: stack.yml:9:28: services.web.deploy.labels.scalectl.cpu.down "60" would swing: 1 replica at 80 % become 2 at 40 %, which is not above 60 %, so that the next step takes one away again',
        '  Lower scalectl.cpu.down to below 40, or raise scalectl.cpu.up to at least 121, or use one target instead of two thresholds.',
        'error: stack.yml:14:29: services.db.deploy.labels.scalectl.autoscale would scale PostgreSQL, whose replicas are not interchangeable: each new one starts with data of its own',
        '  Remove the scalectl labels, or add scalectl.stateful: "true" where every replica may come and go.',
      ],
    },
  ],
  'a wrong number of replicas': [
    {
      name: 'an unknown service',
      args: ['scale', 'wbe=2', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: there is no service "wbe" in the stack tiny', '  Did you mean "web"?'],
    },
    {
      name: 'a service that is like none',
      args: ['scale', 'frontend-proxy=2', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: there is no service "frontend-proxy" in the stack tiny',
        '  There are: agent, db, web',
      ],
    },
    {
      name: 'an unknown stack',
      args: ['scale', 'web=2', '--stack', 'tinny'],
      code: 2,
      stderr: ['error: --stack: there is no stack "tinny" in this Swarm', '  Did you mean "tiny"?'],
    },
    {
      name: 'no number at all',
      args: ['scale', 'web', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: scale: cannot read "web"', '  Write SERVICE=REPLICAS: backend=5'],
    },
    {
      name: 'nothing behind the sign',
      args: ['scale', 'web=', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: scale web=: "" is no number of replicas', '  Give a whole number, 0 or more: web=5'],
    },
    {
      name: 'a negative number',
      args: ['scale', 'web=-1', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: scale web=-1: "-1" is no number of replicas',
        '  Give a whole number, 0 or more: web=5',
      ],
    },
    {
      name: 'a word',
      args: ['scale', 'web=two', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: scale web=two: "two" is no number of replicas',
        '  Give a whole number, 0 or more: web=5',
      ],
    },
    {
      name: 'a fraction',
      args: ['scale', 'web=1.5', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: scale web=1.5: "1.5" is no number of replicas',
        '  Give a whole number, 0 or more: web=5',
      ],
    },
    {
      name: 'an absurd number',
      args: ['scale', 'web=100000', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: scale web=100000: 100000 replicas are more than any Swarm runs; the most that scale takes is 1000',
        '  Check the number.',
      ],
    },
    {
      name: 'a service given twice',
      args: ['scale', 'web=2', 'web=3', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: scale web=3: web is given twice', '  Name each service once.'],
    },
    {
      name: 'a service given twice, short and in full',
      args: ['scale', 'web=2', 'tiny_web=3', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: scale tiny_web=3: tiny_web is given twice', '  Name each service once.'],
    },
    {
      name: 'a good number beside a bad one',
      args: ['scale', 'web=2', 'wroker=3', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: there is no service "wroker" in the stack tiny', '  There are: agent, db, web'],
    },
    {
      name: 'a global service',
      args: ['scale', 'agent=2', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: scale agent: agent is a global service and has no number of replicas',
        '  It runs once on each node; placement constraints decide on which.',
      ],
    },
    {
      name: 'a database',
      args: ['scale', 'db=2', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: scale db: db is a database (postgres): a further replica is no copy of it by itself',
        '  If its own replication takes care of that, say so with --force.',
      ],
    },
  ],
  'a wrong stack': [
    {
      name: 'no stack file',
      args: ['deploy', '--stack', 'bad'],
      code: 2,
      stderr: [
        'error: --compose-file: there is no stack file here',
        '  Name one with -c FILE or "file:" in scalectl.yml. Looked for: docker-stack.yml, stack.yml, compose.yml, docker-compose.yml.',
      ],
    },
    {
      name: 'a stack file that is not there',
      args: ['deploy', '-c', 'gone.yml', '--stack', 'bad'],
      code: 2,
      stderr: [
        'error: --compose-file: there is no readable stack file gone.yml',
        '  Name it with: scalectl deploy -c FILE',
      ],
    },
    {
      name: 'a stack file that is a directory',
      args: ['deploy', '-c', '.', '--stack', 'bad'],
      code: 2,
      stderr: [
        'error: --compose-file: there is no readable stack file .',
        '  Name it with: scalectl deploy -c FILE',
      ],
    },
    {
      name: 'no stack name',
      args: ['deploy', '-c', 'stack.yml'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n' },
      code: 2,
      stderr: [
        'error: --stack: the stack has no name',
        '  Give one with --stack NAME, "stack: NAME" in scalectl.yml, or SCALECTL_STACK.',
      ],
    },
    {
      name: 'a stack name that is none',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'my stack'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n' },
      code: 2,
      stderr: [
        'error: --stack: "my stack" is no stack name',
        '  Begin with a letter or digit; then letters, digits, "-" and "_", 41 at most.',
      ],
    },
    {
      name: 'a stack name in the environment that is none',
      args: ['deploy', '-c', 'stack.yml'],
      env: { SCALECTL_STACK: '-x' },
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n' },
      code: 2,
      stderr: [
        'error: environment SCALECTL_STACK: "-x" is no stack name',
        '  Begin with a letter or digit; then letters, digits, "-" and "_", 41 at most.',
      ],
    },
    {
      name: 'a stack name in scalectl.yml that is none',
      args: ['deploy', '-c', 'stack.yml'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n', 'scalectl.yml': 'stack: a/b\n' },
      code: 2,
      stderr: [
        'error: scalectl.yml: stack: "a/b" is no stack name',
        '  Begin with a letter or digit; then letters, digits, "-" and "_", 41 at most.',
      ],
    },
    {
      name: 'a scalectl.yml that is no YAML',
      args: ['status'],
      files: { 'scalectl.yml': 'stack: [tiny\nfile: x\n' },
      code: 2,
      stderr: [
        'error: scalectl.yml:2:1: a bracket is never closed, or what is in it not indented',
        '  Close it with ].',
      ],
    },
    {
      name: 'a scalectl.yml that is a list',
      args: ['status'],
      files: { 'scalectl.yml': '- tiny\n' },
      code: 2,
      stderr: [
        'error: scalectl.yml:1:1: the top of scalectl.yml must be a mapping',
        '  Start with "stack: NAME".',
      ],
    },
    {
      name: 'an unknown key in scalectl.yml',
      args: ['status'],
      files: { 'scalectl.yml': 'file: a.yml\nstakc: tiny\n' },
      code: 2,
      stderr: ['error: scalectl.yml:2:8: unknown key "stakc"', '  Did you mean "stack"?'],
    },
    {
      name: 'a number in scalectl.yml',
      args: ['status'],
      files: { 'scalectl.yml': 'stack: 12\n' },
      code: 2,
      stderr: ['error: scalectl.yml:1:8: stack: must be text, got 12', '  Write stack: shop, for example.'],
    },
    {
      name: 'a stack to remove that is not there',
      args: ['down', '--yes', '--stack', 'tinny'],
      code: 2,
      stderr: ['error: --stack: there is no stack tinny', '  Did you mean "tiny"?'],
    },
    {
      name: 'a removal that nobody can agree to',
      args: ['down', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: Remove the stack tiny: 3 services, 1 network, 0 secrets, 0 configs, its history? Nobody is there to answer',
        '  Say yes beforehand with --yes.',
      ],
    },
  ],
  'a wrong stack file': [
    {
      name: 'an empty file',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': '' },
      code: 2,
      stderr: ['error: stack.yml: the file is empty', '  A stack file needs at least "services:".'],
    },
    {
      name: 'broken YAML',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n   ports: []\n' },
      code: 2,
      stderr: [
        'error: stack.yml:4:1: all mapping items must start at the same column',
        '  Give the keys of one mapping, and the entries of one list, the same indentation.',
      ],
    },
    {
      name: 'a tab',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n\tweb: {}\n' },
      code: 2,
      stderr: ['error: stack.yml:2:1: a tab indents this line', '  Indent with blanks.'],
    },
    {
      name: 'a key given twice',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    image: httpd\n' },
      code: 2,
      stderr: [
        'error: stack.yml:4:5: "image" is given twice',
        '  Remove one of the two, or put both contents under one.',
      ],
    },
    {
      name: 'an anchor that is not there',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    environment: *common\n' },
      code: 2,
      stderr: [
        'error: stack.yml:4:18: there is no anchor &common before this',
        '  Put &common at what is meant, above this line.',
      ],
    },
    {
      name: 'no services',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'version: "3.8"\n' },
      code: 2,
      stderr: ['error: stack.yml:1:1: "services" is missing', '  Add "services:" here.'],
    },
    {
      name: 'an unknown key',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    enviroment: {A: 1}\n' },
      code: 2,
      stderr: ['error: stack.yml:4:5: services.web.enviroment: unknown key', '  Did you mean "environment"?'],
    },
    {
      name: 'an unknown key at the top',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\nnetwork: {front: {}}\n' },
      code: 2,
      stderr: ['error: stack.yml:4:1: network: unknown key', '  Did you mean "networks"?'],
    },
    {
      name: 'text for a list',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    ports: "8080:80"\n' },
      code: 2,
      stderr: [
        'error: stack.yml:4:12: services.web.ports: must be a list, got "8080:80"',
        '  Put each entry on a line with "- ".',
      ],
    },
    {
      name: 'a word for a number',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: two\n' },
      code: 2,
      stderr: [
        'error: stack.yml:5:17: services.web.deploy.replicas: must be a whole number, got "two"',
        '  Write digits without quotes: 2, for example.',
      ],
    },
    {
      name: 'a list for a mapping',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    deploy: [replicas]\n' },
      code: 2,
      stderr: [
        'error: stack.yml:4:5: services.web.deploy: must be a mapping, got ["replicas"]',
        '  Put "key: value" on lines below it.',
      ],
    },
    {
      name: 'a boolean in the environment, which docker refuses',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never', '--strict'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    environment:\n      DEBUG: true\n' },
      code: 2,
      stderr: [
        'error: stack.yml:5:14: services.web.environment.DEBUG: must be text or a number, got true',
        '  Without --strict it is taken.',
      ],
    },
    {
      name: 'no image',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    command: sleep 1\n' },
      code: 2,
      stderr: ['error: stack.yml:2:3: services.web: "image" is missing', '  Add "image:" here.'],
    },
    {
      name: 'extends',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    extends: {service: base}\n' },
      code: 2,
      stderr: [
        'error: stack.yml:4:24: services.web.extends: there is no service "base" in stack.yml',
        '  Name one that is there.',
      ],
    },
    {
      name: 'mem_limit',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    mem_limit: 64m\n' },
      code: 2,
      stderr: [
        'error: stack.yml:4:16: services.web.mem_limit: is not supported in a Swarm',
        '  Use deploy.resources.limits.memory.',
      ],
    },
    {
      name: 'a network that is not declared',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml': 'services:\n  web:\n    image: nginx\n    networks: [frnt]\nnetworks:\n  front:\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:4:16: services.web.networks.frnt: there is no network "frnt" in this file',
        '  Did you mean "front"?',
      ],
    },
    {
      name: 'a volume that is not declared',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml': 'services:\n  web:\n    image: nginx\n    volumes:\n      - data:/var/lib/data\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:5:9: services.web.volumes.0: there is no volume "data" in this file',
        '  Declare it under the top-level "volumes:".',
      ],
    },
    {
      name: 'a secret that is not declared',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    secrets: [password]\n' },
      code: 2,
      stderr: [
        'error: stack.yml:4:15: services.web.secrets.0: there is no secret "password" in this file',
        '  Declare it under the top-level "secrets:".',
      ],
    },
    {
      name: 'two secrets under one name',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    secrets: [one, {source: two, target: one}]\n' +
          'secrets: {one: {external: true}, two: {external: true}}\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:4:20: services.web.secrets.1: "one" is the target of two',
        '  Give one another "target:".',
      ],
    },
    {
      name: 'a config that is not declared',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    configs: [{source: conf}]\n' },
      code: 2,
      stderr: [
        'error: stack.yml:4:15: services.web.configs.0: there is no config "conf" in this file',
        '  Declare it under the top-level "configs:".',
      ],
    },
    {
      name: 'a required variable that is not set',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: ${WEB_IMAGE:?name the image to run}\n' },
      code: 2,
      stderr: [
        'error: stack.yml:3:12: services.web.image: required variable WEB_IMAGE is missing a value: name the image to run',
        '  Set it in the environment: export WEB_IMAGE=…',
      ],
    },
    {
      name: 'a variable that is never closed',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    command: echo ${HOME\n' },
      code: 2,
      stderr: [
        'error: stack.yml:4:14: services.web.command: invalid interpolation format: "echo ${HOME"',
        '  Write ${NAME}, or $$ for a dollar sign that should stay.',
      ],
    },
    {
      name: 'a lone dollar sign',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    environment:\n      PRICE: 5$\n' },
      code: 2,
      stderr: [
        'error: stack.yml:5:14: services.web.environment.PRICE: invalid interpolation format: "5$"',
        '  Write ${NAME}, or $$ for a dollar sign that should stay.',
      ],
    },
    {
      name: 'a variable that is not what is needed',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      env: { N: 'many' },
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    deploy: {replicas: "${N}"}\n' },
      code: 2,
      stderr: [
        'error: stack.yml:4:24: services.web.deploy.replicas: must be a whole number, got "many"',
        '  The value comes from a variable: look at what it is set to.',
      ],
    },
    {
      name: 'a port that is too large',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    ports:\n      - "80:70000"\n' },
      code: 2,
      stderr: [
        'error: stack.yml:5:9: services.web.ports.0: cannot read the port "80:70000": "70000" is no port and no range of ports',
        '  Write "8080:80", "8080:80/udp" or "8000-8002:80-82" with ports from 0 to 65535.',
      ],
    },
    {
      name: 'a port that is a name',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    ports: ["http:80"]\n' },
      code: 2,
      stderr: [
        'error: stack.yml:4:13: services.web.ports.0: cannot read the port "http:80": "http" is no port and no range of ports',
        '  Write "8080:80", "8080:80/udp" or "8000-8002:80-82" with ports from 0 to 65535.',
      ],
    },
    {
      name: 'ranges of ports that do not fit',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    ports: ["8000-8002:80-81"]\n' },
      code: 2,
      stderr: [
        'error: stack.yml:4:13: services.web.ports.0: cannot read the port "8000-8002:80-81": its two ranges differ in length',
        '  Write "8080:80", "8080:80/udp" or "8000-8002:80-82" with ports from 0 to 65535.',
      ],
    },
    {
      name: 'a volume with too many parts',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    volumes: ["data:/a:ro:z"]\nvolumes: {data: }\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:4:15: services.web.volumes.0: cannot read the volume "data:/a:ro:z": it has too many colons',
        '  Write "name:/path", "./directory:/path" or "/path", with ":ro" at the end for read-only.',
      ],
    },
    {
      name: 'a bind mount of nothing',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml': 'services:\n  web:\n    image: nginx\n    volumes: [{type: bind, target: /data}]\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:4:15: services.web.volumes.0: "source" is missing',
        '  Add "source:" with a path on the node.',
      ],
    },
    {
      name: 'a duration without a unit',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml': 'services:\n  web:\n    image: nginx\n    healthcheck: {test: "true", interval: 30}\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:4:43: services.web.healthcheck.interval: must be a duration, got 30',
        '  Write it with a unit: "500ms", "30s", "1m30s".',
      ],
    },
    {
      name: 'a size that is none',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy: {resources: {limits: {memory: lots}}}\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:4:43: services.web.deploy.resources.limits.memory: must be a size, got "lots"',
        '  Write it with a unit: "64M", "1G".',
      ],
    },
    {
      name: 'cores that are none',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy: {resources: {limits: {cpus: "half"}}}\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:4:41: services.web.deploy.resources.limits.cpus: must be a number of cores, got "half"',
        '  Write it as text: "0.5".',
      ],
    },
    {
      name: 'an order that is none',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy: {update_config: {order: start-frist}}\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:4:37: services.web.deploy.update_config.order: must be one of stop-first, start-first, got "start-frist"',
        '  Did you mean "start-first"?',
      ],
    },
    {
      name: 'a quote that is never closed',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: { 'stack.yml': "services:\n  web:\n    image: nginx\n    command: sh -c 'sleep 1\n" },
      code: 2,
      stderr: [
        "error: stack.yml:4:14: services.web.command: a quote is never closed: sh -c 'sleep 1",
        '  Close it, or write the command as a list.',
      ],
    },
    {
      name: 'replicas of a global service',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml': 'services:\n  web:\n    image: nginx\n    deploy: {mode: global, replicas: 2}\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:4:38: services.web.deploy.replicas: a global service has one task per node, not a number of replicas',
        '  Remove "replicas", or use "mode: replicated".',
      ],
    },
    {
      name: 'an external network that is not there',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    networks: [theirs]\nnetworks:\n  theirs: {external: true}\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:6:3: external network theirs does not exist',
        '  Create it with: docker network create --driver overlay theirs',
      ],
    },
    {
      name: 'several things at once',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    imge: nginx\n    ports: 80\n    deploy: {replicas: -1}\n    networks: [nowhere]\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:4:11: services.web.imge: unknown key',
        '  Did you mean "image"?',
        'error: stack.yml:5:12: services.web.ports: must be a list, got 80',
        '  Put each entry on a line with "- ".',
        'error: stack.yml:6:24: services.web.deploy.replicas: must be from 0 to 1000000, got -1',
        'error: stack.yml:7:16: services.web.networks.nowhere: there is no network "nowhere" in this file',
        '  Declare it under the top-level "networks:".',
      ],
    },
    {
      name: 'a change of mode',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'tiny', '--resolve-image', 'never'],
      files: { 'stack.yml': 'services:\n  web:\n    image: nginx\n    deploy: {mode: global}\n' },
      code: 2,
      stderr: [
        'error: stack.yml:2:3: service tiny_web is replicated and cannot become global',
        "  Swarm never changes a service's mode: --recreate removes it and makes it anew, down meanwhile.",
      ],
    },
  ],
  'a wrong secret or config': [
    {
      name: 'a secret whose file is not there',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    secrets: [password]\nsecrets:\n  password:\n    file: ./password\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:7:11: secrets.password: there is no readable file {dir}/password',
        '  Create the file, set "external: true", or let scalectl make one: "x-scalectl-generate: true".',
      ],
    },
    {
      name: 'a secret whose file is empty',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    secrets: [password]\nsecrets:\n  password:\n    file: ./password\n',
        password: '',
      },
      code: 2,
      stderr: [
        'error: stack.yml:7:11: secrets.password: the file has 0 bytes; Swarm takes from 1 to 511999',
        '  Mend {dir}/password.',
      ],
    },
    {
      name: 'a config whose file is not there',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    configs: [conf]\nconfigs:\n  conf:\n    file: ./conf\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:7:11: configs.conf: there is no readable file {dir}/conf',
        '  Create the file, or set "external: true".',
      ],
    },
    {
      name: 'a secret from nowhere',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    secrets: [password]\nsecrets:\n  password: {}\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:6:3: secrets.password: nothing says where the secret comes from',
        '  Create the file, set "external: true", or let scalectl make one: "x-scalectl-generate: true".',
      ],
    },
    {
      name: 'an external secret that is not there',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    secrets: [password]\nsecrets:\n  password: {external: true}\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:6:3: external secret password does not exist',
        '  Create it with: docker secret create password FILE',
      ],
    },
  ],
  'a wrong policy': [
    {
      name: 'a policy at the containers',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml': 'services:\n  web:\n    image: nginx\n    labels:\n      scalectl.autoscale: "true"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:5:27: services.web.labels.scalectl.autoscale: a policy belongs to the service, not to its containers',
        '  Move it to services.web.deploy.labels.',
      ],
    },
    {
      name: 'an unknown label',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.max: "5"\n        scalectl.cpu.taget: "70"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:9:29: services.web.deploy.labels.scalectl.cpu.taget is no label that scalectl knows',
        '  Did you mean "scalectl.cpu.target"?',
      ],
    },
    {
      name: 'a target without what it is measured at',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.max: "5"\n        scalectl.http.target: "100"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:9:31: services.web.deploy.labels.scalectl.http.target stands without scalectl.http.backend',
        '  Add scalectl.http.backend: "app", for example.',
      ],
    },
    {
      name: 'a switch that is neither on nor off',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "yes"\n        scalectl.max: "5"\n        scalectl.cpu.target: "70"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:7:29: services.web.deploy.labels.scalectl.autoscale "yes" is neither true nor false',
        '  Write scalectl.autoscale: "true".',
      ],
    },
    {
      name: 'labels without the switch',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.max: "5"\n        scalectl.cpu.target: "70"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:6:7: services.web.deploy.labels.scalectl.autoscale is missing, so that the other scalectl labels do nothing',
        '  Add scalectl.autoscale: "true", or remove the others.',
      ],
    },
    {
      name: 'no maximum',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.cpu.target: "70"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:6:7: services.web.deploy.labels.scalectl.max is missing',
        '  Add scalectl.max: "10", for example: the most replicas you want to pay for.',
      ],
    },
    {
      name: 'no signal',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.max: "5"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:7:29: services.web.deploy.labels.scalectl.autoscale has nothing to go by',
        '  Add scalectl.cpu.target: "70", scalectl.memory.target, or scalectl.queue.url and scalectl.queue.key.',
      ],
    },
    {
      name: 'a minimum above the maximum',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.min: "8"\n        scalectl.max: "5"\n        scalectl.cpu.target: "70"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:8:23: services.web.deploy.labels.scalectl.min "8" is more than scalectl.max, which is 5',
        '  Lower scalectl.min to 5 or less, or raise scalectl.max.',
      ],
    },
    {
      name: 'a minimum that is no number',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.min: "few"\n        scalectl.max: "5"\n        scalectl.cpu.target: "70"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:8:23: services.web.deploy.labels.scalectl.min "few" is not a whole number of replicas',
        '  Write scalectl.min: "2", for example.',
      ],
    },
    {
      name: 'nothing as the minimum, without a queue',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.min: "0"\n        scalectl.max: "5"\n        scalectl.cpu.target: "70"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:8:23: services.web.deploy.labels.scalectl.min "0" is for queue-driven services: a service that is off uses no CPU and would never come back',
        '  Write scalectl.min: "1", or let a queue wake the service (scalectl.queue.url and .key).',
      ],
    },
    {
      name: 'a target with a percent sign',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.max: "5"\n        scalectl.cpu.target: "70%"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:9:30: services.web.deploy.labels.scalectl.cpu.target "70%" carries a percent sign',
        '  Write scalectl.cpu.target: "70".',
      ],
    },
    {
      name: 'a target beside thresholds',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.max: "5"\n        scalectl.cpu.target: "70"\n        scalectl.cpu.up: "80"\n        scalectl.cpu.down: "30"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:9:30: services.web.deploy.labels.scalectl.cpu.target stands beside scalectl.cpu.up: it is one target or two thresholds',
        '  Remove scalectl.cpu.target, or scalectl.cpu.up and scalectl.cpu.down.',
      ],
    },
    {
      name: 'one threshold alone',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.max: "5"\n        scalectl.cpu.up: "80"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:9:26: services.web.deploy.labels.scalectl.cpu.up stands alone: two thresholds need scalectl.cpu.down too',
        '  Add scalectl.cpu.down, or use scalectl.cpu.target.',
      ],
    },
    {
      name: 'thresholds that swing',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.max: "5"\n        scalectl.cpu.up: "80"\n        scalectl.cpu.down: "60"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:10:28: services.web.deploy.labels.scalectl.cpu.down "60" would swing: 1 replica at 80 % become 2 at 40 %, which is not above 60 %, so that the next step takes one away again',
        '  Lower scalectl.cpu.down to below 40, or raise scalectl.cpu.up to at least 121, or use one target instead of two thresholds.',
      ],
    },
    {
      name: 'memory without a limit',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.max: "5"\n        scalectl.memory.target: "70"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:9:33: services.web.deploy.labels.scalectl.memory.target needs a memory limit to be a percentage of',
        '  Add deploy.resources.limits.memory to the service.',
      ],
    },
    {
      name: 'a password in the address of a queue',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.max: "5"\n        scalectl.queue.url: "redis://:hunter2@redis:6379"\n        scalectl.queue.key: jobs\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:9:29: services.web.deploy.labels.scalectl.queue.url holds a password, and everyone who can read the service can read its labels',
        '  Remove the password from the URL and give the daemon REDIS_PASSWORD_FILE.',
      ],
    },
    {
      name: 'a queue without a key',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.max: "5"\n        scalectl.queue.url: "redis://redis:6379"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:9:29: services.web.deploy.labels.scalectl.queue.url stands without scalectl.queue.key',
        '  Add scalectl.queue.key: "orders", for example.',
      ],
    },
    {
      name: 'a queue of an unknown kind',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.max: "5"\n        scalectl.queue.url: "redis://redis:6379"\n        scalectl.queue.key: jobs\n        scalectl.queue.kind: lst\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:11:30: services.web.deploy.labels.scalectl.queue.kind "lst" is no kind of queue that scalectl knows',
        '  Did you mean "list"?',
      ],
    },
    {
      name: 'a window without a unit',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.max: "5"\n        scalectl.cpu.target: "70"\n        scalectl.down.window: "300"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:10:31: services.web.deploy.labels.scalectl.down.window "300" is not a duration',
        '  Write scalectl.down.window: "30s", "1m30s" or "500ms": a number and its unit.',
      ],
    },
    {
      name: 'a step that is none',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      replicas: 2\n      labels:\n        scalectl.autoscale: "true"\n        scalectl.max: "5"\n        scalectl.cpu.target: "70"\n        scalectl.up.step: "fast"\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:10:27: services.web.deploy.labels.scalectl.up.step "fast" is not a step',
        '  Write scalectl.up.step: "4" (replicas), "100%" or "4,100%" (the larger counts).',
      ],
    },
    {
      name: 'a global service',
      args: ['deploy', '-c', 'stack.yml', '--stack', 'bad', '--resolve-image', 'never'],
      files: {
        'stack.yml':
          'services:\n  web:\n    image: nginx\n    deploy:\n      mode: global\n      labels: [scalectl.autoscale=true, scalectl.max=5, scalectl.cpu.target=70]\n',
      },
      code: 2,
      stderr: [
        'error: stack.yml:6:16: services.web.deploy.labels.scalectl.autoscale cannot be carried out: the service runs in global mode, and only replicated services can be scaled',
        '  Write deploy.mode: replicated, or remove the scalectl labels.',
      ],
    },
  ],
  'a wrong installation of the autoscaler': [
    {
      name: 'installing and staying',
      args: ['autoscale', '--install', '--daemon'],
      code: 2,
      stderr: ['error: command line: --install and --daemon exclude each other', '  Give one of the two.'],
    },
    {
      name: 'installing and uninstalling',
      args: ['autoscale', '--install', '--uninstall'],
      code: 2,
      stderr: ['error: command line: --install and --uninstall exclude each other', '  Give one of the two.'],
    },
    {
      name: 'an image for nothing',
      args: ['autoscale', '--image', 'x'],
      code: 2,
      stderr: ['error: command line: --image belongs to --install', '  See: scalectl autoscale --help'],
    },
    {
      name: 'a network for a daemon of this machine',
      args: ['autoscale', '--daemon', '--network', 'x'],
      code: 2,
      stderr: ['error: command line: --network belongs to --install', '  See: scalectl autoscale --help'],
    },
    {
      name: 'volumes without uninstalling',
      args: ['autoscale', '--install', '--volumes'],
      code: 2,
      stderr: ['error: command line: --volumes belongs to --uninstall', '  See: scalectl autoscale --help'],
    },
    {
      name: 'a port for an installed daemon',
      args: ['autoscale', '--install', '--listen', '9090'],
      code: 2,
      stderr: ['error: command line: --listen belongs to --daemon', '  See: scalectl autoscale --help'],
    },
    {
      name: 'a webhook for an installed daemon',
      args: ['autoscale', '--install', '--webhook', 'http://127.0.0.1/'],
      code: 2,
      stderr: ['error: command line: --webhook belongs to --daemon', '  See: scalectl autoscale --help'],
    },
    {
      name: 'uninstalling for show',
      args: ['autoscale', '--uninstall', '--dry-run'],
      code: 2,
      stderr: ['error: command line: --dry-run belongs to --install', '  See: scalectl autoscale --help'],
    },
    {
      name: 'uninstalling what is not there',
      args: ['autoscale', '--uninstall', '--yes'],
      code: 2,
      stderr: [
        'error: --uninstall: there is no stack scalectl',
        '  See which stacks there are with: scalectl stacks',
      ],
    },
    {
      name: 'a socket proxy that is a web page',
      args: ['autoscale', '--install', '--socket-proxy', 'http://x'],
      code: 2,
      stderr: [
        'error: --socket-proxy: "http://x" is no address of a socket proxy',
        '  Write tcp://HOST:PORT, as the daemon reaches it on one of its networks.',
      ],
    },
    {
      name: 'a network that is not there',
      args: ['autoscale', '--install', '--network', 'tiny_nett'],
      code: 2,
      stderr: [
        'error: --network: there is no network "tiny_nett" in this Swarm',
        '  Did you mean "tiny_net"?',
      ],
    },
    {
      name: 'a secret that is not there',
      args: ['autoscale', '--install', '--redis-password-secret', 'redis'],
      code: 2,
      stderr: [
        'error: --redis-password-secret: there is no secret "redis" in this Swarm',
        '  See which there are with: docker secret ls',
      ],
    },
    {
      name: 'an interval too short for an installation',
      args: ['autoscale', '--install', '--interval', '10ms'],
      code: 2,
      stderr: ['error: --interval: "10ms" is too short an interval', '  Give 1s or more; 5s is usual.'],
    },
    {
      name: 'all stacks and one',
      args: ['autoscale', '--install', '--all-stacks', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: --all-stacks and --stack exclude each other', '  Give one of the two.'],
    },
    {
      name: 'agents without a port',
      args: ['autoscale', '--dry-run'],
      env: { SCALECTL_AGENTS: '10.0.0.1:9102,tasks.agent', SCALECTL_STACK: 'tiny' },
      code: 2,
      stderr: [
        'error: environment SCALECTL_AGENTS: "tasks.agent" is no address of agents',
        '  Write HOST:PORT, several separated by commas: SCALECTL_AGENTS=tasks.scalectl_agent:9102.',
      ],
    },
    {
      name: 'an agent without a token',
      args: ['agent'],
      code: 2,
      stderr: [
        'error: environment SCALECTL_TOKEN_FILE: there is no token',
        '  Name a file with a token; the installed service has one as a Swarm secret.',
      ],
    },
    {
      name: 'an agent with a token that can be guessed',
      args: ['agent'],
      env: { SCALECTL_TOKEN_FILE: 'token' },
      files: { token: 'hunter2\n' },
      code: 2,
      stderr: [
        'error: environment SCALECTL_TOKEN_FILE: the token is no word of 16 or more letters and digits',
        '  Make one with: openssl rand -hex 32',
      ],
    },
    {
      name: 'an agent of no node',
      args: ['agent'],
      env: { SCALECTL_TOKEN_FILE: 'token', SCALECTL_CGROUP_ROOT: '.' },
      files: { token: 'long-enough-for-a-token', 'cgroup.controllers': 'cpu' },
      code: 2,
      stderr: [
        'error: environment NODE_ID: nothing says which node this is',
        "  Set NODE_ID to the node's id; in a stack file: NODE_ID: '{{.Node.ID}}'.",
      ],
    },
    {
      name: 'an agent that listens nowhere',
      args: ['agent', '--listen', '9102'],
      code: 2,
      stderr: [
        'error: --listen: "9102" is no address to listen on',
        '  Write ADDRESS:PORT; 0.0.0.0:9102 is usual.',
      ],
    },
  ],
  'a wrong environment of the autoscaler': [
    {
      name: 'a minimum that is no number',
      args: ['autoscale', '--dry-run'],
      env: { SERVICE_NAME: 'tiny_web', MIN_REPLICAS: 'few' },
      code: 2,
      stderr: [
        'error: environment MIN_REPLICAS: "few" is not a whole number of replicas',
        '  Write MIN_REPLICAS=2, for example.',
      ],
    },
    {
      name: 'a minimum above the maximum',
      args: ['autoscale', '--dry-run'],
      env: { SERVICE_NAME: 'tiny_web', MIN_REPLICAS: '5', MAX_REPLICAS: '3' },
      code: 2,
      stderr: [
        'error: environment MIN_REPLICAS: "5" is more than MAX_REPLICAS, which is 3',
        '  Lower MIN_REPLICAS to 3 or less, or raise MAX_REPLICAS.',
      ],
    },
    {
      name: 'a threshold with a percent sign',
      args: ['autoscale', '--dry-run'],
      env: { SERVICE_NAME: 'tiny_web', SCALE_UP_THRESHOLD: '80%' },
      code: 2,
      stderr: [
        'error: environment SCALE_UP_THRESHOLD: "80%" carries a percent sign',
        '  Write SCALE_UP_THRESHOLD=80.',
      ],
    },
    {
      name: 'thresholds the wrong way round',
      args: ['autoscale', '--dry-run'],
      env: { SERVICE_NAME: 'tiny_web', SCALE_UP_THRESHOLD: '30', SCALE_DOWN_THRESHOLD: '80' },
      code: 2,
      stderr: [
        'error: environment SCALE_DOWN_THRESHOLD: "80" is not below SCALE_UP_THRESHOLD, which is 30',
        '  Lower SCALE_DOWN_THRESHOLD to well below SCALE_UP_THRESHOLD.',
      ],
    },
    {
      name: 'an interval that is no number',
      args: ['autoscale', '--dry-run'],
      env: { SERVICE_NAME: 'tiny_web', CHECK_INTERVAL: 'often' },
      code: 2,
      stderr: [
        'error: environment CHECK_INTERVAL: "often" is not a number of seconds above 0',
        '  Write CHECK_INTERVAL=10, for example.',
      ],
    },
    {
      name: 'settings of no service',
      args: ['autoscale', '--dry-run'],
      env: { MAX_REPLICAS: '5' },
      code: 2,
      stderr: [
        'error: environment MAX_REPLICAS: is set, and no SERVICE_NAME says which service it is for',
        '  Set SERVICE_NAME to the full name of a service, e.g. shop_backend, or unset this.',
      ],
    },
    {
      name: 'a queue that is nowhere',
      args: ['autoscale', '--dry-run'],
      env: { SERVICE_NAME: 'tiny_web', QUEUE_NAME: 'jobs' },
      code: 2,
      stderr: [
        'error: environment QUEUE_NAME: is set, and no REDIS_URL says where the queue is',
        '  Set REDIS_URL, e.g. redis://redis:6379.',
      ],
    },
    {
      name: 'a queue that is not Redis',
      args: ['autoscale', '--dry-run'],
      env: { SERVICE_NAME: 'tiny_web', QUEUE_NAME: 'jobs', REDIS_URL: 'amqp://:hunter2@rabbit' },
      code: 2,
      stderr: [
        'error: environment REDIS_URL: begins with amqp://, which is not Redis',
        '  Write REDIS_URL=redis://redis:6379 (rediss:// for TLS, /1 behind it for database 1).',
      ],
    },
    {
      name: 'several things at once',
      args: ['autoscale', '--dry-run'],
      env: { SERVICE_NAME: 'tiny_web', MIN_REPLICAS: 'x', MAX_REPLICAS: 'y' },
      code: 2,
      stderr: [
        'error: environment MIN_REPLICAS: "x" is not a whole number of replicas',
        '  Write MIN_REPLICAS=2, for example.',
        'error: environment MAX_REPLICAS: "y" is not a whole number of replicas',
        '  Write MAX_REPLICAS=2, for example.',
      ],
    },
    {
      name: 'a service that is not there',
      args: ['autoscale', '--dry-run'],
      env: { SERVICE_NAME: 'tiny_wbe' },
      code: 2,
      stderr: [
        'error: environment SERVICE_NAME: "tiny_wbe" is no service here',
        '  Did you mean "tiny_web"?',
      ],
    },
    {
      name: 'a global service',
      args: ['autoscale', '--dry-run'],
      env: { SERVICE_NAME: 'tiny_agent' },
      code: 2,
      stderr: [
        'error: environment SERVICE_NAME: names tiny_agent, which is not a replicated service and cannot be scaled',
        '  Name a replicated service.',
      ],
    },
    {
      name: 'an interval that is no duration',
      args: ['autoscale', '--daemon', '--interval', 'often'],
      code: 2,
      stderr: ['error: --interval: "often" is no duration above zero', '  Write 500ms, 30s or 1m30s.'],
    },
    {
      name: 'an interval that is too short',
      args: ['autoscale', '--daemon', '--interval', '10ms'],
      code: 2,
      stderr: ['error: --interval: "10ms" is too short an interval', '  Give 1s or more; 5s is usual.'],
    },
    {
      name: 'a log in a form that is none',
      args: ['autoscale', '--daemon', '--log-format', 'xml'],
      code: 2,
      stderr: [
        "error: command line: option '--log-format <format>' argument 'xml' is invalid. Allowed choices are text, json.",
        '  See: scalectl autoscale --help',
      ],
    },
    {
      name: 'both all stacks and one',
      args: ['autoscale', '--all-stacks', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: --all-stacks and --stack exclude each other', '  Give one of the two.'],
    },
  ],
  'a wrong question for logs': [
    {
      name: 'an unknown service',
      args: ['logs', 'wbe', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: there is no service "wbe" in the stack tiny', '  Did you mean "web"?'],
    },
    {
      name: 'an unknown stack',
      args: ['logs', 'web', '--stack', 'tinny'],
      code: 2,
      stderr: ['error: --stack: there is no stack "tinny" in this Swarm', '  Did you mean "tiny"?'],
    },
    {
      name: 'lines that are no number',
      args: ['logs', 'web', '--stack', 'tiny', '--tail', 'few'],
      code: 2,
      stderr: ['error: --tail: "few" is no number of lines', '  Give a number, or all.'],
    },
    {
      name: 'a negative number of lines',
      args: ['logs', 'web', '--stack', 'tiny', '--tail=-5'],
      code: 2,
      stderr: ['error: --tail: "-5" is no number of lines', '  Give a number, or all.'],
    },
    {
      name: 'a time that is none',
      args: ['logs', 'web', '--stack', 'tiny', '--since', 'yesterday'],
      code: 2,
      stderr: [
        'error: --since: "yesterday" is neither a time nor a duration',
        '  Write 10m, or 2026-01-31T12:00:00Z.',
      ],
    },
    {
      name: 'a number for a time',
      args: ['logs', 'web', '--stack', 'tiny', '--since', '10'],
      code: 2,
      stderr: [
        'error: --since: "10" is neither a time nor a duration',
        '  Write 10m, or 2026-01-31T12:00:00Z.',
      ],
    },
    {
      name: 'no service',
      args: ['logs', '--stack', 'tiny'],
      code: 2,
      stderr: ["error: command line: missing required argument 'service'", '  See: scalectl logs --help'],
    },
  ],
  'a wrong question for the history': [
    {
      name: 'a stack that is not there',
      args: ['releases', '--stack', 'tinny'],
      code: 2,
      stderr: ['error: --stack: there is no stack "tinny" in this Swarm', '  Did you mean "tiny"?'],
    },
    {
      name: 'a slip in what to do',
      args: ['releases', 'shwo', '1', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: command line: "shwo" is nothing that can be done with releases',
        '  Did you mean "show"?',
      ],
    },
    {
      name: 'a number alone',
      args: ['releases', '3', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: command line: "3" is nothing that can be done with releases',
        '  Write: scalectl releases show 3',
      ],
    },
    {
      name: 'a release that is no number',
      args: ['releases', 'show', 'latest', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: releases show: "latest" is no number of a release',
        '  See which there are with: scalectl releases',
      ],
    },
    {
      name: 'a release that is not there',
      args: ['releases', 'show', '7', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: the stack tiny has no release 7', '  There are: 1 (good)'],
    },
    {
      name: 'an argument too many',
      args: ['releases', 'show', '1', '2', '--stack', 'tiny'],
      code: 2,
      stderr: [
        "error: command line: too many arguments for 'releases'. Expected 2 arguments but got 3.",
        '  See: scalectl releases --help',
      ],
    },
  ],
  'a wrong rollback': [
    {
      name: 'of a stack that is not there',
      args: ['rollback', '--stack', 'tinny'],
      code: 2,
      stderr: ['error: --stack: there is no stack "tinny" in this Swarm', '  Did you mean "tiny"?'],
    },
    {
      name: 'to a release that is not there',
      args: ['rollback', '7', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: the stack tiny has no release 7', '  There are: 1 (good)'],
    },
    {
      name: 'to a release that is no number',
      args: ['rollback', 'v1', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: rollback: "v1" is no number of a release',
        '  See which there are with: scalectl releases',
      ],
    },
    {
      name: 'to nothing',
      args: ['rollback', '0', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: rollback: "0" is no number of a release',
        '  See which there are with: scalectl releases',
      ],
    },
    {
      name: 'when there is no release before',
      args: ['rollback', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: rollback: the stack tiny has no good release before its present one',
        '  Name one: scalectl rollback N. There are: 1 (good)',
      ],
    },
    {
      name: 'with a timeout that is no duration',
      args: ['rollback', '1', '--stack', 'tiny', '--timeout', 'soon'],
      code: 2,
      stderr: ['error: --timeout: "soon" is no duration above zero', '  Write 500ms, 30s or 1m30s.'],
    },
  ],
  'a wrong removal': [
    {
      name: 'of two stacks at once',
      args: ['down', 'tiny', '--stack', 'other', '--yes'],
      code: 2,
      stderr: ['error: command line: two stacks are named: tiny and --stack other', '  Give one of the two.'],
    },
    {
      name: 'of a stack that is not there',
      args: ['down', 'tinny', '--yes'],
      code: 2,
      stderr: ['error: down: there is no stack tinny', '  Did you mean "tiny"?'],
    },
    {
      name: 'of a stack that is like none',
      args: ['down', 'frobnicate', '--yes'],
      code: 2,
      stderr: [
        'error: down: there is no stack frobnicate',
        '  See which stacks there are with: scalectl stacks',
      ],
    },
    {
      name: 'of a stack for the list of stacks',
      args: ['stacks', 'tiny'],
      code: 2,
      stderr: [
        "error: command line: too many arguments for 'stacks'. Expected 0 arguments but got 1.",
        '  See: scalectl stacks --help',
      ],
    },
  ],
  'a wrong simulation': [
    {
      name: 'of no load',
      args: ['simulate'],
      code: 2,
      stderr: [
        'error: --trace: there is no load to replay',
        '  Give a CSV file that begins with "t_seconds,value": --trace load.csv',
      ],
    },
    {
      name: 'of a file without a header',
      args: ['simulate', '--trace', 'load.csv'],
      files: { 'load.csv': '0,1\n60,2\n' },
      code: 2,
      stderr: [
        'error: load.csv:1: "0,1" is not the header of a trace',
        '  Begin the file with "t_seconds,value" (seconds from the start, and the count in the bucket that starts ' +
          'there) or "t_seconds,job_seconds" (one line per job).',
      ],
    },
    {
      name: 'of a line that is none',
      args: ['simulate', '--trace', 'load.csv'],
      files: { 'load.csv': 't_seconds,value\n0,1\n60\n' },
      code: 2,
      stderr: [
        'error: load.csv:3: "60" is not a time and a number',
        '  Write two numbers from 0 on, e.g. "300,56".',
      ],
    },
    {
      name: 'of a policy that is none',
      args: ['simulate', '--trace', 'load.csv', '--policy', 'hpacpu:70'],
      files: { 'load.csv': 't_seconds,value\n0,1\n60,2\n' },
      code: 2,
      stderr: ['error: --policy: "hpacpu:70" is no policy that scalectl knows', '  Did you mean "hpa-cpu"?'],
    },
    {
      name: 'of a policy for jobs with requests',
      args: ['simulate', '--trace', 'load.csv', '--policy', 'keda-redis:5'],
      files: { 'load.csv': 't_seconds,value\n0,1\n60,2\n' },
      code: 2,
      stderr: [
        'error: --policy: "keda-redis:5" goes by jobs, and the trace is of requests',
        '  Add --job-seconds to make every arrival a job.',
      ],
    },
    {
      name: 'with a start-up that is no duration',
      args: ['simulate', '--trace', 'load.csv', '--startup', '10'],
      files: { 'load.csv': 't_seconds,value\n0,1\n60,2\n' },
      code: 2,
      stderr: ['error: --startup: "10" is no duration above zero', '  Write 500ms, 30s or 1m30s.'],
    },
    {
      name: 'with nothing left to measure',
      args: ['simulate', '--trace', 'load.csv', '--eval-from', '1h'],
      files: { 'load.csv': 't_seconds,value\n0,1\n60,2\n' },
      code: 2,
      stderr: ['error: --eval-from: nothing is left to measure: the trace ends after 120 s'],
    },
    {
      name: 'of a service where the trace tells of one load',
      args: ['simulate', '--trace', 'load.csv', '--service', 'web'],
      files: { 'load.csv': 't_seconds,value\n0,1\n60,2\n' },
      code: 2,
      stderr: ['error: --service: load.csv is no journal, and tells of one load', '  Leave it out.'],
    },
    {
      name: 'of a journal with several services, and none named',
      args: ['simulate', '--trace', 'j.jsonl'],
      files: { 'j.jsonl': journalOf('shop_a') + journalOf('shop_b') },
      code: 2,
      stderr: ['error: j.jsonl: tells of several services', '  Add --service, one of: shop_a, shop_b'],
    },
    {
      name: 'of a service that the journal does not know',
      args: ['simulate', '--trace', 'j.jsonl', '--service', 'shop_c'],
      files: { 'j.jsonl': journalOf('shop_a') + journalOf('shop_b') },
      code: 2,
      stderr: ['error: --service: "shop_c" is not among its services', '  Did you mean "shop_a"?'],
    },
  ],
  'a wrong question for the reasons': [
    {
      name: 'without a service',
      args: ['why'],
      code: 2,
      stderr: ["error: command line: missing required argument 'service'", '  See: scalectl why --help'],
    },
    {
      name: 'a service that is not there',
      args: ['why', 'wbe', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: there is no service "wbe" in the stack tiny', '  Did you mean "web"?'],
    },
    {
      name: 'two services',
      args: ['why', 'web', 'db', '--stack', 'tiny'],
      code: 2,
      stderr: [
        "error: command line: too many arguments for 'why'. Expected 1 argument but got 2.",
        '  See: scalectl why --help',
      ],
    },
    {
      name: 'no lines',
      args: ['why', 'web', '--stack', 'tiny', '-n', '0'],
      code: 2,
      stderr: ['error: --last: "0" is no whole number from 1 on', '  Write 10, for example.'],
    },
    {
      name: 'since a time that is none',
      args: ['why', 'web', '--stack', 'tiny', '--since', 'yesterday'],
      code: 2,
      stderr: [
        'error: --since: "yesterday" is neither a time nor a duration',
        '  Write 10m, or 2026-01-31T12:00:00Z.',
      ],
    },
    {
      name: 'an API that is no URL',
      args: ['why', 'web', '--stack', 'tiny'],
      env: { SCALECTL_API: 'manager1:9090' },
      code: 2,
      stderr: [
        'error: environment SCALECTL_API: this is no URL that can be asked',
        '  Write https://host/path.',
      ],
    },
    {
      name: 'an API with a password in it',
      args: ['why', 'web', '--stack', 'tiny'],
      env: { SCALECTL_API: 'http://me:hunter2@manager1:9090' },
      code: 2,
      stderr: [
        'error: environment SCALECTL_API: holds a user or a password',
        '  Write the token into a file, and set SCALECTL_TOKEN_FILE to its path.',
      ],
    },
    {
      name: 'an API where nobody listens',
      args: ['why', 'web', '--stack', 'tiny'],
      env: { SCALECTL_API: 'http://127.0.0.1:1' },
      code: 1,
      stderr: [
        'error: the daemon at http://127.0.0.1:1 does not answer: connect ECONNREFUSED 127.0.0.1:1',
        '  Check SCALECTL_API.',
      ],
    },
    {
      name: 'a token file that is not there',
      args: ['why', 'web', '--stack', 'tiny'],
      env: { SCALECTL_API: 'http://127.0.0.1:1', SCALECTL_TOKEN_FILE: '/nowhere/token' },
      code: 2,
      stderr: [
        'error: environment SCALECTL_TOKEN_FILE: the file "/nowhere/token" cannot be read (ENOENT)',
        '  Name a file that this user may read.',
      ],
    },
    {
      name: 'the changes of a service that is not there',
      args: ['history', 'wbe', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: there is no service "wbe" in the stack tiny', '  Did you mean "web"?'],
    },
    {
      name: 'the changes of a stack that is not there',
      args: ['history', '--stack', 'tyni'],
      code: 2,
      stderr: ['error: --stack: there is no stack "tyni" in this Swarm', '  Did you mean "tiny"?'],
    },
    {
      name: 'so many changes',
      args: ['history', '--stack', 'tiny', '--last', 'all'],
      code: 2,
      stderr: ['error: --last: "all" is no whole number from 1 on', '  Write 10, for example.'],
    },
  ],
  'a wrong address of the daemon': [
    {
      name: 'without a daemon',
      args: ['autoscale', '--listen', '9090', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: --listen: a single evaluation has nothing to serve and nobody to notify',
        '  Add --daemon.',
      ],
    },
    {
      name: 'that is none',
      args: ['autoscale', '--daemon', '--listen', 'localhost', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: --listen: "localhost" is no address to listen on',
        '  Write a port, or host:port, e.g. 127.0.0.1:9090.',
      ],
    },
    {
      name: 'that others can reach, and no token',
      args: ['autoscale', '--daemon', '--listen', '0.0.0.0:9090', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: --listen: "0.0.0.0:9090" can be reached from other machines, and there is no token to ask them for',
        '  Write a token into a file, and set SCALECTL_TOKEN_FILE to its path; or listen on 127.0.0.1.',
      ],
    },
    {
      name: 'with a token that can be guessed',
      args: ['autoscale', '--daemon', '--listen', '9090', '--stack', 'tiny'],
      files: { token: 'hunter2\n' },
      env: { SCALECTL_TOKEN_FILE: 'token' },
      code: 2,
      stderr: [
        'error: environment SCALECTL_TOKEN_FILE: the token is no word of 16 or more letters and digits',
        '  Make one with: openssl rand -hex 32',
      ],
    },
    {
      name: 'with an empty token',
      args: ['autoscale', '--daemon', '--listen', '9090', '--stack', 'tiny'],
      files: { token: '\n' },
      env: { SCALECTL_TOKEN_FILE: 'token' },
      code: 2,
      stderr: [
        'error: environment SCALECTL_TOKEN_FILE: the file "token" is empty',
        '  Write the secret into it.',
      ],
    },
    {
      name: 'of a webhook that is none',
      args: ['autoscale', '--daemon', '--webhook', 'hooks.example/s3cr3t', '--stack', 'tiny'],
      code: 2,
      stderr: ['error: --webhook: this is no URL that can be asked', '  Write https://host/path.'],
    },
    {
      name: 'of a webhook without a daemon',
      args: ['autoscale', '--webhook', 'https://hooks.example/s3cr3t', '--stack', 'tiny'],
      code: 2,
      stderr: [
        'error: --webhook: a single evaluation has nothing to serve and nobody to notify',
        '  Add --daemon.',
      ],
    },
    {
      name: 'of a webhook, in a file that holds none',
      args: ['autoscale', '--daemon', '--stack', 'tiny'],
      files: { hook: 'ftp://hooks.example/s3cr3t\n' },
      env: { SCALECTL_WEBHOOK_URL_FILE: 'hook' },
      code: 2,
      stderr: [
        'error: environment SCALECTL_WEBHOOK_URL_FILE: this is no URL that can be asked',
        '  Write https://host/path.',
      ],
    },
  ],
};

/** Two decisions on one service, as a daemon writes them down. */
function journalOf(service: string): string {
  return ['00', '30']
    .map((seconds) => {
      const decision = { signals: [{ signal: 'queue jobs', unit: 'jobs', value: 5 }] };
      const at = `2026-06-01T12:00:${seconds}Z`;
      return `${JSON.stringify({ journal: 1, type: 'decision', at, outcome: { service, decision } })}\n`;
    })
    .join('');
}
