/** What the flags of `autoscale --install` say, laid over stacks/autoscaler.yml as a second stack file. */

export interface Installation {
  image: string | null;
  interval: string | null;
  logFormat: string | null;
  /** the only stack to look after; null for all */
  stack: string | null;
  networks: readonly string[];
  /** in the place of a socket */
  socketProxy: string | null;
  redisPasswordSecret: string | null;
  /** path on the managers; null for the usual one */
  socket: string | null;
  /** null for root */
  user: string | null;
}

/** Variables of the stack file; what is left to its defaults is not there, except where the environment must not speak. */
export function variablesOf(installation: Installation): Record<string, string | undefined> {
  const { image, interval, logFormat, stack, socket, user } = installation;
  return {
    ...(image === null ? {} : { SCALECTL_IMAGE: image }),
    SCALECTL_INTERVAL: interval ?? undefined,
    SCALECTL_LOG_FORMAT: logFormat ?? undefined,
    SCALECTL_SCOPE: stack === null ? undefined : `--stack=${stack}`,
    SCALECTL_SOCKET: socket ?? undefined,
    SCALECTL_DAEMON_USER: user ?? undefined,
  };
}

/** JSON is YAML; a tag makes it replace a list instead of adding to it. */
export function overlayOf(installation: Installation): string {
  const { networks, socketProxy, redisPasswordSecret } = installation;
  const key = (index: number): string => `reach-${index + 1}`;
  const environment = {
    ...(socketProxy === null ? {} : { DOCKER_HOST: socketProxy }),
    ...(redisPasswordSecret === null ? {} : { SCALECTL_REDIS_PASSWORD_FILE: '/run/secrets/redis_password' }),
  };
  const lines = [
    "version: '3.8'",
    'services:',
    '  daemon:',
    `    environment: ${JSON.stringify(environment)}`,
    `    networks: ${JSON.stringify(Object.fromEntries(networks.map((_, index) => [key(index), null])))}`,
  ];
  if (redisPasswordSecret !== null) lines.push('    secrets: [redis_password]');
  if (socketProxy !== null) {
    const volumes = [
      { type: 'volume', source: 'state', target: '/var/lib/scalectl' },
      { type: 'tmpfs', target: '/run/scalectl', tmpfs: { size: 1048576 } },
    ];
    lines.push(`    volumes: !override ${JSON.stringify(volumes)}`);
  }
  const external = (name: string) => ({ external: true, name });
  const declared = Object.fromEntries(networks.map((name, index) => [key(index), external(name)]));
  lines.push(`networks: ${JSON.stringify(declared)}`);
  if (redisPasswordSecret !== null)
    lines.push(`secrets: ${JSON.stringify({ redis_password: external(redisPasswordSecret) })}`);
  return `${lines.join('\n')}\n`;
}
