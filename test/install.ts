/** Installs what the unit tests talk to. Without root they do without, and say which tests were skipped. */

import { ensurePackages, type Needed } from './lab/packages.js';

const say = (line: string): void => void process.stderr.write(`test: ${line}\n`);

/** Each small; tests of what cannot be had are skipped. */
const WELCOME: readonly Needed[] = [
  ['haproxy', ['haproxy']],
  ['prometheus', ['prometheus']],
  ['rq', ['python3-rq']],
  ['celery', ['celery']],
  ['sidekiq', ['ruby-sidekiq']],
];

if (process.getuid?.() === 0) {
  await ensurePackages(say, undefined, [['redis-server', ['redis-server']]]);
  await ensurePackages(say, undefined, WELCOME).catch((error: unknown) => {
    say(`some tests will be skipped: ${error instanceof Error ? error.message : String(error)}`);
  });
}
