import { log, reason } from './log.js';

/**
 * Calls `stop` once on SIGTERM or SIGINT and then exits: 0 if it succeeded. A second signal does not wait.
 *
 * @param {() => Promise<void>} stop
 */
export function onStop(stop) {
  let stopping = false;
  /** @param {NodeJS.Signals} signal */
  const begin = (signal) => {
    if (stopping) process.exit(1);
    stopping = true;
    log('info', 'stopping', { signal });
    stop().then(
      () => process.exit(0),
      (/** @type {unknown} */ error) => {
        log('error', 'did not stop cleanly', { reason: reason(error) });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', begin);
  process.on('SIGINT', begin);
}
