import type { CommandSpec, OptionSpec } from './command.js';

export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: '--context <name>', description: 'docker context to use' },
  { flags: '-H, --host <address>', description: 'Engine to talk to: unix://, tcp:// or ssh://' },
  { flags: '--stack <name>', description: 'stack to work on' },
  {
    flags: '-o, --output <format>',
    description: 'form of the result',
    choices: ['table', 'wide', 'json', 'yaml', 'name'],
    defaultText: 'table',
  },
  { flags: '-q, --quiet', description: 'say nothing but results and errors' },
  { flags: '--no-color', description: 'no colours (NO_COLOR does the same)' },
  {
    flags: '--progress <mode>',
    description: 'how progress is shown',
    choices: ['auto', 'tty', 'plain', 'json', 'quiet'],
    defaultText: 'auto',
  },
  { flags: '--yes', description: 'answer every question with yes' },
  { flags: '--timeout <duration>', description: 'longest wait, e.g. 90s or 5m' },
];

/** Which stack file, and how it is read: the same for every command that reads one. */
const STACK_FILE_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '-c, --compose-file <file>',
    description: 'stack file; - reads standard input; several are merged in order',
    repeatable: true,
  },
  {
    flags: '--env-file <file>',
    description: 'file of variables for the stack file; the environment wins over it',
    repeatable: true,
  },
  {
    flags: '--profile <name>',
    description: 'include the services of this profile; * includes all',
    repeatable: true,
  },
  { flags: '--strict', description: 'refuse what docker stack deploy refuses' },
];

/** What a plan takes into account. */
const PLAN_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--prune',
    description: 'remove services that are not in the file, and networks that nothing uses',
  },
  {
    flags: '--recreate',
    description: 'remove and make anew what Swarm cannot change: networks, the mode of a service',
  },
  {
    flags: '--resume',
    description: 'take up again a rollout that Swarm paused, where nothing else changes',
  },
  {
    flags: '--reset-replicas',
    description: 'take the replicas from the file also where a policy decides',
  },
  {
    flags: '--resolve-image <when>',
    description: 'ask the registry what an image tag stands for',
    choices: ['always', 'changed', 'never'],
    defaultText: 'always',
  },
];

const STACK_ARGUMENT = { name: '[stack]', description: 'its name; --stack says the same' };

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'deploy',
    changesSwarm: true,
    summary: 'deploy a stack file: plan, carry out, wait until it is healthy',
    description:
      'Reads a stack file, compares it with the Swarm, changes only what differs, and waits until every service is ' +
      'up and healthy. A service with a policy keeps the replicas that it has.',
    arguments: [STACK_ARGUMENT],
    options: [
      ...STACK_FILE_OPTIONS,
      ...PLAN_OPTIONS,
      { flags: '--dry-run', description: 'show the plan and change nothing' },
      { flags: '-d, --detach', description: 'do not wait until the services are up' },
      {
        flags: '--with-registry-auth',
        description: 'let nodes pull with the credentials of docker login',
      },
      {
        flags: '--rollback-on-failure',
        description: 'go back to the last good release when the stack does not come up',
      },
    ],
    examples: [
      ['scalectl deploy', 'deploy the file that scalectl.yml names'],
      ['scalectl deploy -c stacks/ecommerce.yml --stack ecommerce', 'name both'],
      ['scalectl deploy -c stack.yml -c production.yml', 'the second file changes what the first one says'],
      ['scalectl deploy --dry-run', 'see what would change'],
    ],
    load: () => import('./commands/deploy.js'),
  },
  {
    name: 'diff',
    summary: 'show what a deploy would change, and change nothing',
    description:
      'Compares a stack file with the Swarm and shows the plan that deploy would carry out. Also for a stack that ' +
      'docker stack deploy has made.',
    arguments: [STACK_ARGUMENT],
    options: [
      ...STACK_FILE_OPTIONS,
      ...PLAN_OPTIONS,
      { flags: '--exit-code', description: 'exit with 3 when there are differences' },
    ],
    examples: [
      ['scalectl diff', 'what would change'],
      ['scalectl diff -c stack.yml shop', 'name both'],
      ['scalectl diff --exit-code -q', 'has somebody changed the Swarm by hand?'],
      ['scalectl diff -o json', 'for scripts'],
    ],
    load: () => import('./commands/diff.js'),
  },
  {
    name: 'config',
    summary: 'print the stack file as it is understood, without any Engine',
    description:
      'Prints all stack files as one: merged, variables put in. With --specs, what the Swarm is asked for; the ' +
      'content of secrets is never shown.',
    arguments: [STACK_ARGUMENT],
    options: [
      ...STACK_FILE_OPTIONS,
      { flags: '--specs', description: 'print the specs of services, networks, secrets and configs' },
    ],
    examples: [
      ['scalectl config', 'the whole file'],
      ['scalectl config -c stack.yml -c production.yml', 'what two files make together'],
      ['scalectl config --specs -o json', 'what the Swarm is asked for'],
    ],
    load: () => import('./commands/config.js'),
  },
  {
    name: 'releases',
    summary: 'show what was deployed when, and what each release holds',
    description:
      'Without an argument: the releases of the stack, newest first. With show and a number: the services of that ' +
      'release, its networks, configs and secrets; without a number of the newest. Ten are kept.',
    arguments: [
      { name: '[action]', description: 'show: what one release holds' },
      { name: '[number]', description: 'which release' },
    ],
    examples: [
      ['scalectl releases', 'the history of the stack'],
      ['scalectl releases show 3', 'what release 3 holds'],
      ['scalectl releases show 3 -o yaml', 'its service specifications too'],
    ],
    load: () => import('./commands/releases.js'),
  },
  {
    name: 'rollback',
    changesSwarm: true,
    summary: 'go back to an earlier release, and wait until it is healthy',
    description:
      'Puts images, configuration and policies back to what a release has, and leaves the replicas as they are. ' +
      'Without a number: to the last good release before the present one. A rollback is a release of its own.',
    arguments: [{ name: '[release]', description: 'number, as scalectl releases shows it' }],
    options: [
      { flags: '--dry-run', description: 'show the plan and change nothing' },
      { flags: '--detach', description: 'do not wait until the services are up' },
    ],
    examples: [
      ['scalectl rollback', 'to the last good release before this one'],
      ['scalectl rollback 3', 'to release 3'],
      ['scalectl rollback --dry-run', 'see what would change'],
    ],
    load: () => import('./commands/rollback.js'),
  },
  {
    name: 'stacks',
    summary: 'list the stacks of the Swarm, whoever deployed them',
    examples: [
      ['scalectl stacks', 'the table'],
      ['scalectl stacks -o name', 'only their names'],
    ],
    load: () => import('./commands/stacks.js'),
  },
  {
    name: 'down',
    changesSwarm: true,
    summary: 'remove a stack and wait until it is gone',
    arguments: [{ name: '[stack]', description: 'which; else as for every command' }],
    options: [
      {
        flags: '--volumes',
        description: 'remove the volumes too, with all data, and the generated passwords that open them',
      },
    ],
    examples: [
      ['scalectl down', 'remove services, networks, configs and secrets; data stays'],
      ['scalectl down shop', 'another stack, whoever deployed it'],
      ['scalectl down --volumes --yes', 'remove everything, without a question'],
    ],
    load: () => import('./commands/down.js'),
  },
  {
    name: 'status',
    summary: 'show services, replicas, health, CPU and memory use, policies',
    options: [
      { flags: '-w, --watch', description: 'show it again every 2 seconds; lines of JSON under -o json' },
      { flags: '--no-stats', description: 'leave CPU and memory use out: nothing is sampled' },
    ],
    examples: [
      ['scalectl status', 'the table'],
      ['scalectl status --watch', 'keep it on the screen'],
      ['scalectl status -o json', 'for scripts; what is not known is null'],
    ],
    load: () => import('./commands/status.js'),
  },
  {
    name: 'scale',
    changesSwarm: true,
    summary: 'set the replicas of services by hand',
    arguments: [{ name: '<service=replicas...>', description: 'e.g. backend=5' }],
    options: [
      { flags: '--detach', description: 'do not wait until the replicas are there' },
      {
        flags: '--force',
        description: 'scale a database too, although its replicas are no copies of each other',
      },
    ],
    examples: [
      ['scalectl scale backend=5', 'five replicas, and wait for them'],
      ['scalectl scale backend=5 worker=8', 'several at once'],
    ],
    load: () => import('./commands/scale.js'),
  },
  {
    name: 'autoscale',
    summary: 'evaluate the policies once, or keep doing so',
    description:
      'Without --daemon: measures, decides and acts once, and shows each decision. With --daemon: goes on in the ' +
      'foreground until it is stopped. Policies are labels of the services, or the classic environment ' +
      '(SERVICE_NAME, SCALE_UP_THRESHOLD, …). With --install: the Swarm runs the daemon, and every node is measured.',
    options: [
      { flags: '--daemon', description: 'keep running' },
      { flags: '--dry-run', description: 'decide and show, write nothing' },
      { flags: '--interval <duration>', description: 'time between two evaluations', defaultText: '5s' },
      {
        flags: '--log-format <format>',
        description: 'form of the daemon log',
        choices: ['text', 'json'],
        defaultText: 'text',
      },
      { flags: '--all-stacks', description: 'every service with a policy, of whatever stack' },
      {
        flags: '--install',
        description: 'put the daemon into the Swarm, as a stack of its own, and an agent on every node',
      },
      { flags: '--uninstall', description: 'remove them again' },
      {
        flags: '--image <reference>',
        description: 'with --install: image of scalectl',
        defaultText: 'SCALECTL_IMAGE, else scalectl/scalectl and the version',
      },
      {
        flags: '--network <name>',
        description: 'with --install: network that the daemon reaches queues and balancers on',
        repeatable: true,
      },
      {
        flags: '--socket-proxy <address>',
        description:
          "with --install: tcp:// of what stands before the Engine's socket, instead of mounting it",
      },
      {
        flags: '--redis-password-secret <name>',
        description: 'with --install: Swarm secret with the password of Redis',
      },
      {
        flags: '--with-registry-auth',
        description: 'with --install: let nodes pull with the credentials of docker login',
      },
      { flags: '--volumes', description: "with --uninstall: remove the daemon's journal too" },
      {
        flags: '--listen <address>',
        description:
          'with --daemon: serve metrics and the API on host:port too; others than this machine need a token',
      },
      {
        flags: '--webhook <url>',
        description:
          'with --daemon: post notifications there; a URL that is a secret: SCALECTL_WEBHOOK_URL_FILE',
      },
    ],
    examples: [
      ['scalectl autoscale --dry-run', 'what would be done now, and why'],
      ['scalectl autoscale --daemon', 'look after the stack'],
      ['SERVICE_NAME=shop_backend MAX_REPLICAS=6 scalectl autoscale --daemon', 'one service, by environment'],
      [
        'scalectl autoscale --install --network shop_data',
        'every node of the Swarm, and the queues of a stack',
      ],
      ['scalectl autoscale --install --dry-run', 'see what that would do'],
      ['scalectl autoscale --uninstall', 'remove daemon and agents'],
    ],
    load: () => import('./commands/autoscale.js'),
  },
  {
    name: 'agent',
    summary: 'tell the daemon what the containers of this node use',
    description:
      'What autoscale --install runs on every node; there is no need to start it by hand. Serves GET /v1/usage to whoever ' +
      'has the token in the file that SCALECTL_TOKEN_FILE names: counters of CPU, memory and throttling by container id. ' +
      'Reads control groups below SCALECTL_CGROUP_ROOT (/host/cgroup), else asks the Engine. NODE_ID says which node it is.',
    options: [
      {
        flags: '--listen <address>',
        description: 'address and port to serve on',
        defaultText: '0.0.0.0:9102',
      },
    ],
    examples: [
      [
        'SCALECTL_TOKEN_FILE=token SCALECTL_CGROUP_ROOT=/sys/fs/cgroup NODE_ID=n1 scalectl agent --listen 127.0.0.1:9102',
        'by hand, on a node itself',
      ],
    ],
    load: () => import('./commands/agent.js'),
  },
  {
    name: 'why',
    summary: 'say why a service has the replicas that it has, and what would change it',
    description:
      'Asks the daemon for its last decisions on a service: what was measured, what each rule made of it, at which ' +
      'values it would grow or shrink, and what stands in the way. Without a daemon: what its journal says, else a ' +
      'decision that is made now and not written.',
    arguments: [{ name: '<service>', description: 'short name in the stack, or full name' }],
    options: [
      { flags: '-n, --last <number>', description: 'so many earlier lines', defaultText: '10' },
      {
        flags: '--since <when>',
        description: 'only what was later: a time (2026-01-31T12:00:00Z) or a duration (10m)',
      },
    ],
    examples: [
      ['scalectl why backend', 'the present, and what led to it'],
      ['scalectl why backend --since 10m -n 50', 'further back'],
      ['scalectl why backend -o json', 'for scripts (kind Why)'],
      ['SCALECTL_API=https://manager1:9090 scalectl why backend', 'of a daemon elsewhere'],
    ],
    load: () => import('./commands/why.js'),
  },
  {
    name: 'history',
    summary: 'show when replica counts were changed, from what to what, why and by whom',
    arguments: [{ name: '[service...]', description: 'else all of the stack' }],
    options: [
      { flags: '-n, --last <number>', description: 'so many changes', defaultText: '20' },
      {
        flags: '--since <when>',
        description: 'only what was later: a time (2026-01-31T12:00:00Z) or a duration (10m)',
      },
    ],
    examples: [
      ['scalectl history', 'the last 20 changes of the stack'],
      ['scalectl history backend --since 24h', 'of one service, in the last day'],
      ['scalectl history -o json', 'for scripts (kind History)'],
    ],
    load: () => import('./commands/history.js'),
  },
  {
    name: 'policy',
    changesSwarm: true,
    summary: 'show, check, change and pause the policies that the autoscaler goes by',
    description:
      'show: what applies to each service, and whether a label says so or a default. lint: every problem of every ' +
      'policy, in the Swarm or with -c in a stack file; exits with 2 when there is one. pause and resume: leave services alone ' +
      'for a while. set: change the labels of a service, checked before they are written. import: the labels that ' +
      'stand for a HorizontalPodAutoscaler of Kubernetes.',
    arguments: [
      { name: '[action]', description: 'show, lint, pause, resume, set or import' },
      {
        name: '[arguments...]',
        description: 'services (show: else all that have a policy); for set KEY=VALUE too; for import a file',
      },
    ],
    options: [
      ...STACK_FILE_OPTIONS,
      { flags: '--for <duration>', description: 'end the pause by itself', defaultText: 'until resumed' },
    ],
    examples: [
      ['scalectl policy show', 'every policy of the stack'],
      ['scalectl policy show backend', 'one service, with the defaults that hold for it'],
      ['scalectl policy lint', 'check the policies of the running stack'],
      ['scalectl policy lint -c stack.yml', 'check those of a file, without any Engine'],
      ['scalectl policy pause backend --for 30m', 'leave it alone for half an hour'],
      ['scalectl policy resume backend', 'end the pause now'],
      ['scalectl policy set backend max=20 cpu.target=60', 'change it until the next deploy'],
      ['scalectl policy import hpa.yaml', 'labels that do what an HPA of Kubernetes did'],
    ],
    load: () => import('./commands/policy.js'),
  },
  {
    name: 'simulate',
    summary: 'replay a load against policies, and compare what comes of them',
    description:
      'Replays a trace (CSV of counts per bucket or of jobs, the JSON of a Prometheus range query, or the journal of ' +
      'a daemon) against a model ' +
      'of a service, once per policy, with the very function that the daemon decides with. Touches no Swarm.',
    options: [
      { flags: '--trace <file>', description: 'the load; - reads standard input' },
      { flags: '--service <name>', description: 'of a journal that tells of several: whose load' },
      {
        flags: '--policy <name>',
        description:
          'scalectl (the default policy), hpa-cpu:70, hpa-rps:70, keda-redis:5, active+waiting:1, nomad:70, ' +
          'aws-tt:70, threshold:80/30, static:N, oracle; several are compared',
        repeatable: true,
      },
      {
        flags: '--policy-file <file>',
        description: 'labels of scalectl as YAML, or a stack file whose services carry them',
        repeatable: true,
      },
      {
        flags: '--baseline <name>',
        description: 'policy that the others are compared with',
        defaultText: 'the first',
      },
      {
        flags: '--startup <duration>',
        description: 'from asking for a replica until it serves',
        defaultText: '10s',
      },
      {
        flags: '--capacity <number>',
        description: 'requests per second that one replica serves',
        defaultText: '50',
      },
      {
        flags: '--peak-replicas <number>',
        description: 'scale the trace so that its 99.9th percentile needs so many',
      },
      {
        flags: '--job-seconds <number>',
        description: 'every arrival is a job that takes so long on average',
      },
      {
        flags: '--slo <duration>',
        description: 'longest wait that is not late',
        defaultText: '1s for requests, 30s for jobs',
      },
      {
        flags: '--grace <duration>',
        description: 'what a stopped replica has to finish its job',
        defaultText: '10s',
      },
      { flags: '--min <number>', description: 'fewest replicas', defaultText: '1, and 0 for jobs' },
      { flags: '--max <number>', description: 'most replicas', defaultText: 'twice what is ever needed' },
      {
        flags: '--steps',
        description: 'hold the load within each bucket, instead of straight lines between them',
      },
      { flags: '--eval-from <duration>', description: 'measure from here on', defaultText: '0s' },
      { flags: '--seed <number>', description: 'of the arrivals that are drawn', defaultText: '1' },
      { flags: '--svg <file>', description: 'draw demand and supply' },
    ],
    examples: [
      [
        'scalectl simulate --trace load.csv --policy hpa-cpu:70 --policy scalectl --peak-replicas 32',
        'what the autoscaler would have made of a load, beside an HPA',
      ],
      ['scalectl simulate --trace jobs.csv --policy keda-redis:5 --policy scalectl', 'the same for a queue'],
    ],
    load: () => import('./commands/simulate.js'),
  },
  {
    name: 'logs',
    summary: 'show the output of a service',
    arguments: [{ name: '<service>', description: 'short name in the stack, or full name' }],
    options: [
      { flags: '-f, --follow', description: 'go on with new lines' },
      { flags: '-n, --tail <lines>', description: 'lines from the end', defaultText: '100' },
      { flags: '--since <when>', description: 'a time (2026-01-31T12:00:00Z) or a duration (10m)' },
      { flags: '-t, --timestamps', description: 'put the time before each line' },
    ],
    examples: [
      ['scalectl logs backend', 'the last 100 lines of all its tasks'],
      ['scalectl logs worker -f', 'follow'],
    ],
    load: () => import('./commands/logs.js'),
  },
  {
    name: 'doctor',
    summary: 'check the Engine, the Swarm and the nodes, and say what to do',
    examples: [['scalectl doctor', 'run it first when something is odd']],
    load: () => import('./commands/doctor.js'),
  },
];
