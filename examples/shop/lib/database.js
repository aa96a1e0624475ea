import pg from 'pg';
import { log, reason } from './log.js';

// int8 is text in `pg` because it may exceed 2^53; our ids do not.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

/**
 * Whether the database is away for the moment (starting, stopping, unreachable, full, or a standby where a primary
 * should be), in contrast to a mistake in our query.
 *
 * @param {any} error
 * @returns {boolean}
 */
export function isUnavailable(error) {
  const code = typeof error?.code === 'string' ? error.code : '';
  if (SOCKET_CODES.has(code)) return true;
  // Class 08: connection; 57P0x: shutting down or starting; 53300: too many connections; 25006: read-only.
  if (/^08|^57P0|^53300$|^25006$/.test(code)) return true;
  // These come from `pg` itself and have no code.
  return /timeout exceeded when trying to connect|Connection terminated|Query read timeout/i.test(
    error?.message ?? '',
  );
}

/**
 * @param {string} name  for the log
 * @param {{ host: string, port: number, database: string, user: string, password?: string, max: number }} options
 */
export function createPool(name, options) {
  const pool = new pg.Pool({
    ...options,
    application_name: `shop-${name}`,
    keepAlive: true,
    connectionTimeoutMillis: 2000,
    // A server whose machine died sends nothing, not even an end: without limits of our own we would wait for ever.
    query_timeout: 5000,
    statement_timeout: 5000,
    idleTimeoutMillis: 30_000,
    // Connections of limited age find replicas that were added later.
    maxLifetimeSeconds: 300,
  });
  // A pool without this listener ends the process when an idle connection breaks.
  pool.on('error', (error) =>
    log('warn', 'idle database connection lost', { database: name, reason: reason(error) }),
  );
  return pool;
}

/**
 * Runs `action` in a transaction.
 *
 * @template T
 * @param {pg.Pool} pool
 * @param {(client: pg.PoolClient) => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function transaction(pool, action) {
  const client = await pool.connect();
  /** @type {Error | undefined} */
  let broken;
  try {
    await client.query('begin');
    const result = await action(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((/** @type {Error} */ rollbackError) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    // A connection that could not even roll back is thrown away instead of going back into the pool.
    client.release(broken);
  }
}
