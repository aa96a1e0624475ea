/** A stack file of any size, with what services of a real one have. */

/** About 35 lines a service: environment, networks, health check, secrets, resources, policies of update and restart. */
export function largeStack(services: number): string {
  const lines = ["version: '3.8'", '', ...COMMON, '', 'services:'];
  for (let n = 1; n <= services; n++) lines.push(...service(n, services));
  return `${[...lines, '', ...DECLARATIONS].join('\n')}\n`;
}

/** one network of services for this many */
const PER_NETWORK = 25;

function service(n: number, services: number): string[] {
  return [
    `  service-${n}:`,
    `    image: registry.example.test:5000/team/service-${n % 20}:1.${n}`,
    `    command: [node, server.js, --port, '${8000 + n}']`,
    '    environment:',
    '      <<: *environment',
    `      SERVICE_NAME: service-${n}`,
    '      DATABASE_HOST: ${DATABASE_HOST:-database}',
    `      UPSTREAM: http://service-${(n % services) + 1}:8000/`,
    '      GREETING: "costs $$5 and more"',
    '    networks:',
    '      front:',
    `        aliases: [s${n}, s${n}.internal]`,
    `      team-${Math.floor(n / PER_NETWORK) % 4}: {}`,
    '    secrets: [password]',
    '    configs:',
    '      - source: settings',
    '        target: /etc/settings.yml',
    '        mode: 0440',
    '    volumes:',
    `      - data:/var/lib/service-${n}`,
    '      - /etc/localtime:/etc/localtime:ro',
    '    healthcheck:',
    `      test: [CMD, curl, -fsS, 'http://localhost:${8000 + n}/health']`,
    '      interval: 10s',
    '      timeout: 3s',
    '      retries: 3',
    '    logging: *logging',
    '    deploy:',
    '      endpoint_mode: dnsrr',
    `      replicas: ${1 + (n % 3)}`,
    '      labels:',
    `        team: t${n % 7}`,
    `        traefik.http.routers.service-${n}.rule: Host(\`service-${n}.example.test\`)`,
    '      placement:',
    '        constraints: [node.platform.os == linux]',
    '      resources:',
    "        limits: { cpus: '0.50', memory: 256M }",
    "        reservations: { cpus: '0.05', memory: 32M }",
    '      update_config: *update',
    '      restart_policy: { condition: any, delay: 5s, window: 2m }',
  ];
}

const COMMON = [
  'x-environment: &environment',
  '  LOG_LEVEL: info',
  "  PORT: '8000'",
  '  TZ: Europe/Berlin',
  '',
  'x-logging: &logging',
  '  driver: json-file',
  '  options: { max-size: 10m, max-file: "3" }',
  '',
  'x-update: &update',
  '  parallelism: 1',
  '  delay: 5s',
  '  order: start-first',
  '  failure_action: rollback',
];

const DECLARATIONS = [
  'networks:',
  ...['front', 'team-0', 'team-1', 'team-2', 'team-3'].map((name) => `  ${name}: {}`),
  'volumes:',
  '  data: {}',
  'secrets:',
  '  password: { external: true, name: large-password }',
  'configs:',
  '  settings: { external: true, name: large-settings }',
];
