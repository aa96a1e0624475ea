import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * A secret: the file named by `<NAME>_FILE` if that is set (a Swarm secret), else `<NAME>` itself.
 * The line end that an editor leaves behind is not part of the secret; Postgres's own image strips it as well.
 *
 * @param {string} name
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined}
 */
export function secret(name, env = process.env) {
  const file = env[`${name}_FILE`];
  if (file) return readFileSync(file, 'utf8').replace(/[\r\n]+$/, '');
  return env[name] || undefined;
}

/**
 * A whole number within bounds. A typing error in the environment should stop the start, not surface as `NaN` later.
 *
 * @param {string} name
 * @param {{ fallback: number, min: number, max: number }} rule
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {number}
 */
export function whole(name, { fallback, min, max }, env = process.env) {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`${name}=${text}: expected a whole number from ${min} to ${max}`);
  }
  return value;
}

/** @param {NodeJS.ProcessEnv} [env] */
export function loadConfig(env = process.env) {
  const postgresPort = whole('POSTGRES_PORT', { fallback: 5432, min: 1, max: 65535 }, env);
  const primaryHost = env.POSTGRES_PRIMARY_HOST || '127.0.0.1';
  const database = {
    database: env.POSTGRES_DB || 'shop',
    user: env.POSTGRES_USER || 'shop',
    password: secret('POSTGRES_PASSWORD', env),
    max: whole('POSTGRES_POOL', { fallback: 4, min: 1, max: 50 }, env),
  };
  return {
    /** In a container this is the container's own id, so it names one task and no other. */
    id: env.INSTANCE_ID || hostname(),
    host: env.HOST || '0.0.0.0',
    port: whole('PORT', { fallback: 3000, min: 1, max: 65535 }, env),
    primary: { ...database, host: primaryHost, port: postgresPort },
    replica: {
      ...database,
      host: env.POSTGRES_REPLICA_HOST || primaryHost,
      port: whole('POSTGRES_REPLICA_PORT', { fallback: postgresPort, min: 1, max: 65535 }, env),
    },
    redis: {
      host: env.REDIS_HOST || '127.0.0.1',
      port: whole('REDIS_PORT', { fallback: 6379, min: 1, max: 65535 }, env),
      password: secret('REDIS_PASSWORD', env),
    },
    queueKey: env.QUEUE_KEY || 'jobs',
    cacheSeconds: whole('CACHE_SECONDS', { fallback: 5, min: 1, max: 3600 }, env),
    /** How long a worker may go on with its job after SIGTERM; keep it below the service's stop_grace_period. */
    drainMs: whole('DRAIN_MS', { fallback: 10_000, min: 0, max: 600_000 }, env),
  };
}
