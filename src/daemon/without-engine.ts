/** What is known of scaling while the Engine does not answer: by a daemon that does, else by the journal of one. */

import { FailedError } from '../errors.js';
import type { EngineError } from '../swarm/engine.js';
import { formatAgeMs } from '../text.js';
import { findDaemonsOfAnySwarm } from './find-daemon.js';
import type { FoundDaemonToAsk } from './found-daemon.js';
import { askHistory, historyInJournal, type ChangeHistory, type HistoryLimits } from './gather-history.js';
import { answerOf, askWhy, whyInJournal } from './gather-why.js';
import { isDecision } from './journal-entry.js';
import { readJournal } from './journal-file.js';
import type { RuntimePlace } from './runtime-dir.js';
import { journalPaths } from './state-dir.js';
import type { DaemonSamples } from './types.js';
import type { Why, WhyInputs } from './why.js';

export interface LastKnown {
  /** in words: a daemon, or a journal */
  who: string;
  /** when it last saw anything */
  ageMs: number;
  /** full names of the services that it has decided on; there is at least one */
  services: readonly string[];
  /** Null when nothing is known of the service after all. Both throw FailedError. */
  why: (service: string, limits: WhyInputs['limits']) => Promise<Why | null>;
  history: (services: readonly string[], limits: HistoryLimits) => Promise<ChangeHistory>;
}

/**
 * Null where nobody knows anything.
 * @throws FailedError where there are several Swarms, which only the Engine could tell apart; UserError as findDaemon does
 */
export async function lastKnown(
  lost: EngineError,
  place: RuntimePlace,
  signal: AbortSignal,
): Promise<LastKnown | null> {
  const daemons = await findDaemonsOfAnySwarm(place, signal);
  if (daemons.length > 1) {
    const paths = daemons.map(({ address }) => address).join(', ');
    throw several(lost, `daemons of ${daemons.length} Swarms run here`, [
      `They answer at ${paths}.`,
      "Ask the one that is meant: curl --unix-socket PATH 'http://localhost/v1/why?service=NAME'",
    ]);
  }
  const [daemon] = daemons;
  return (daemon === undefined ? null : await inDaemon(daemon)) ?? (await inJournal(lost, place));
}

/** Null for one that has decided nothing yet, or does not say: its journal may still know. */
async function inDaemon(daemon: FoundDaemonToAsk): Promise<LastKnown | null> {
  const answer = await answerOf(daemon, '/v1/samples').catch(() => null);
  const { decisions = [], ageMs = 0, pid = 0 } = (answer ?? {}) as Partial<DaemonSamples>;
  if (decisions.length === 0) return null;
  return {
    who:
      daemon.kind === 'api'
        ? `the daemon at ${daemon.address}`
        : `the daemon on this machine (process ${pid})`,
    ageMs,
    services: decisions.map(({ service }) => service),
    why: async (service, limits) => {
      const why = await askWhy(daemon, service, limits);
      return why === null ? null : { ...why, outlook: null };
    },
    history: (services, limits) => askHistory(daemon, services, limits),
  };
}

async function inJournal(lost: EngineError, place: RuntimePlace): Promise<LastKnown | null> {
  const paths = await journalPaths(place);
  const read = await Promise.all(
    paths.map(async (path) => {
      const entries = await readJournal(path, place.uid);
      const decisions = entries.filter(isDecision);
      const ageMs = Math.max(0, Date.now() - Date.parse(entries.at(-1)?.event.at ?? ''));
      return { path, entries, decisions, ageMs };
    }),
  );
  const journals = read.filter(({ decisions }) => decisions.length > 0);
  const [journal] = journals;
  if (journal === undefined) return null;
  if (journals.length > 1) {
    const words = journals.map(({ path, ageMs }) => `${path} (last word ${formatAgeMs(ageMs)} ago)`);
    throw several(lost, `there are journals of ${journals.length} Swarms here`, [
      `They are ${words.join(', ')}.`,
      'Copy the one that is meant into a directory of your own (mkdir -m 700), and set SCALECTL_STATE_DIR to that.',
    ]);
  }
  const { path, entries, decisions, ageMs } = journal;
  return {
    who: `the journal ${path}`,
    ageMs,
    services: [...new Set(decisions.map(({ event }) => event.outcome.service))],
    why: (service, limits) => Promise.resolve(whyInJournal(path, entries, service, limits)),
    history: (services, limits) => Promise.resolve(historyInJournal(path, decisions, services, limits)),
  };
}

function several(lost: EngineError, what: string, hint: readonly string[]): FailedError {
  return new FailedError(`${lost.message}; ${what}, and only the Engine could say which is meant`, {
    hint: hint.join(' '),
    cause: lost,
  });
}
