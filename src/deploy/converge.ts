/** Watches services until each is what was asked for, and says why where one is not. */

import { setTimeout as delay } from 'node:timers/promises';
import { FailedError, NotConvergedError } from '../errors.js';
import { EngineError } from '../swarm/engine.js';
import { formatDurationMs } from '../text.js';
import { Announcer } from './announce.js';
import { taskLines, type Informant } from './describe-failure.js';
import type { ProgressSink } from './events.js';
import { Watch, type Look, type Sight, type Watched } from './watch.js';

const POLL_MS = 250;
/** A look at a large Swarm takes its time; the Engine has other things to do as well. */
const REST_PER_LOOK = 3;
/** Not so long that a rollout and its way back pass unseen. */
const LONGEST_REST_MS = 1_000;
/** A manager that is being elected, or a connection that is being made anew, is back by then. */
const PATIENCE_MS = 30_000;
const RETRY_MS = 1_000;
const MAY_PASS: ReadonlySet<string> = new Set(['unreachable', 'not-manager', 'other']);

export interface ConvergeOptions {
  /** full names of the services that were just written */
  written: ReadonlySet<string>;
  /** full names of the services that others need to have ended well, rather than to run */
  mustComplete?: ReadonlySet<string>;
  /** false where it is enough to be up, without the time that shows that it stays so; default true */
  proof?: boolean;
  timeoutMs: number;
  signal: AbortSignal;
  emit: ProgressSink;
}

/**
 * @param names full names of the services to wait for
 * @throws FailedError as soon as a service is certain not to get there, with what is known of all of them by then
 * @throws NotConvergedError when the time is over, with what each service was last waiting for
 * @throws EngineError when the Engine does not answer, or not for long
 */
export async function converge(
  engine: Watched & Informant,
  names: readonly string[],
  { written, mustComplete, proof = true, timeoutMs, signal, emit }: ConvergeOptions,
): Promise<void> {
  if (names.length === 0) return;
  const watch = new Watch(engine, names, written, mustComplete);
  const announcer = new Announcer(emit);
  const startedAt = performance.now();
  for (;;) {
    const lookedAt = performance.now();
    const look = await patiently(() => watch.look(signal), signal, emit);
    announcer.announce(look);
    const { sights } = look;
    const timeIsOver = performance.now() - startedAt > timeoutMs;
    const failed = sights.some(({ assessment }) => assessment.state === 'failed');
    if (failed || (timeIsOver && sights.some(isSettledBadly))) {
      throw new FailedError(await failureText(engine, look, watch.nodeId), { hint: hintFor(names) });
    }
    if (sights.every((sight) => isThere(sight, proof))) return;
    if (timeIsOver) {
      throw new NotConvergedError(
        `not there after ${formatDurationMs(timeoutMs)}\n${await waitingText(engine, look, watch.nodeId)}`,
        { hint: 'The Swarm goes on by itself; see scalectl status, or wait longer with --timeout.' },
      );
    }
    const tookMs = performance.now() - lookedAt;
    const restMs = Math.min(tookMs * REST_PER_LOOK, LONGEST_REST_MS);
    await delay(Math.max(POLL_MS, restMs), undefined, { signal });
  }
}

function isThere({ assessment }: Sight, proof: boolean): boolean {
  return (
    assessment.state === 'there' || (!proof && assessment.state === 'moving' && assessment.stage === 'proof')
  );
}

/** A look that waits for the Engine to be back, for a while. What was begun goes on there without us. */
async function patiently(look: () => Promise<Look>, signal: AbortSignal, emit: ProgressSink): Promise<Look> {
  const startedAt = performance.now();
  for (let tries = 1; ; tries++) {
    try {
      return await look();
    } catch (error) {
      const mayPass = error instanceof EngineError && MAY_PASS.has(error.kind);
      if (!mayPass || performance.now() - startedAt > PATIENCE_MS) throw error;
      if (tries === 1) emit({ type: 'warning', text: `${error.message}; asking again` });
      await delay(RETRY_MS, undefined, { signal });
    }
  }
}

/** What failed comes first, each with its task; a failure of one does not hide what is known of the others. */
async function failureText(
  engine: Informant,
  { sights, nodes }: Look,
  nodeId: string | null,
): Promise<string> {
  const failed = sights.filter(isSettledBadly);
  const moving = sights.filter((sight) => sight.assessment.state === 'moving' && !failed.includes(sight));
  const [texts, others] = await Promise.all([
    Promise.all(
      failed.map(async (sight) => [headline(sight), ...(await taskLines(engine, sight, { nodes, nodeId }))]),
    ),
    waitingLines(engine, moving, { nodes, nodeId }),
  ]);
  return [...texts.flat(), ...(others.length > 0 ? ['still on the way:', ...others] : [])].join('\n');
}

/** One that Swarm takes back right now has failed as well; alone it is waited for, to say how that ended. */
function isSettledBadly({ assessment }: Sight): boolean {
  return assessment.state === 'failed' || (assessment.state === 'moving' && assessment.stage === 'rollback');
}

function headline({ name, assessment }: Sight): string {
  if (assessment.state === 'failed') return `${name}: ${assessment.reason}`;
  return assessment.state === 'moving' ? `${name}: waiting for ${assessment.waitingFor}` : name;
}

async function waitingText(
  engine: Informant,
  { sights, nodes }: Look,
  nodeId: string | null,
): Promise<string> {
  const moving = sights.filter(({ assessment }) => assessment.state === 'moving');
  return (await waitingLines(engine, moving, { nodes, nodeId })).join('\n');
}

/** Where something is out of the ordinary also the task that shows it. */
async function waitingLines(
  engine: Informant,
  sights: readonly Sight[],
  place: { nodes: Look['nodes']; nodeId: string | null },
): Promise<string[]> {
  const lines = await Promise.all(
    sights.map(async (sight) => {
      const { name, assessment } = sight;
      if (assessment.state !== 'moving') return [];
      const { running, wanted, waitingFor } = assessment;
      const task = await taskLines(engine, sight, place);
      return [
        `  ${name}: ${running}/${wanted} running, waiting for ${waitingFor}`,
        ...task.map((line) => `  ${line}`),
      ];
    }),
  );
  return lines.flat();
}

function hintFor(names: readonly string[]): string {
  return names.length === 1
    ? `See more with: scalectl logs ${names[0] ?? ''}`
    : 'See more with: scalectl logs SERVICE, scalectl status';
}
