/** Many cases one after the other, each with a bound on its time that also ends a program that hangs. */

import { Script } from 'node:vm';
import { makeCase, type Case } from './cases.js';
import { judge, type Verdict } from './judge.js';

/** No case may take longer, milliseconds. */
export const CASE_MS = 1_000;
/** Bounding the time of a call costs about a tenth of a millisecond: it is shared by this many. */
const BATCH = 50;

export interface Fault {
  index: number;
  what: string;
  one: Case;
  error?: unknown;
}

export interface Outcome {
  specs: number;
  refused: number;
  faulty: number;
  /** the first of each kind */
  faults: Fault[];
  /** the slowest case, milliseconds */
  slowest: { index: number; ms: number };
}

const MOST_FAULTS = 20;

/** @param first index of the first case */
export function runCampaign(seed: number, count: number, first = 0): Outcome {
  const outcome: Outcome = { specs: 0, refused: 0, faulty: 0, faults: [], slowest: { index: first, ms: 0 } };
  for (let at = first; at < first + count && outcome.faults.length < MOST_FAULTS; at += BATCH) {
    const indices = Array.from({ length: Math.min(BATCH, first + count - at) }, (_, offset) => at + offset);
    const verdicts = bounded(() => indices.map((index) => timedJudge(seed, index)), CASE_MS * 2);
    indices.forEach((index, offset) => {
      const before = verdicts?.[offset];
      const { verdict, ms } =
        before !== undefined && before.ms < CASE_MS ? before : boundedJudge(seed, index);
      if (ms > outcome.slowest.ms) outcome.slowest = { index, ms };
      if (verdict.end !== 'fault') outcome[verdict.end] += 1;
      else {
        outcome.faulty += 1;
        // One of a kind is enough to look at.
        if (outcome.faults.some(({ what }) => kindOf(what) === kindOf(verdict.what))) return;
        outcome.faults.push({ index, one: makeCase(seed, index), ...verdict });
      }
    });
  }
  return outcome;
}

/** Digits and what is quoted differ from case to case. */
function kindOf(what: string): string {
  return what
    .replaceAll(/\d+/g, '0')
    .replaceAll(/"[^"]*"|\.[\w$.-]+/g, '_')
    .slice(0, 60);
}

interface Timed {
  verdict: Verdict;
  ms: number;
}

function timedJudge(seed: number, index: number): Timed {
  const one = makeCase(seed, index);
  const startedAt = performance.now();
  const verdict = judge(one);
  return { verdict, ms: performance.now() - startedAt };
}

/** A machine may be busy with something else for a second: only what is too slow twice is. */
function boundedJudge(seed: number, index: number): Timed {
  const judged = () => bounded(() => timedJudge(seed, index), CASE_MS);
  return (
    judged() ?? judged() ?? { verdict: { end: 'fault', what: `took more than ${CASE_MS} ms` }, ms: CASE_MS }
  );
}

const CALL = new Script('globalThis.scalectlFuzzCall()');

/** Null where the work took too long: it is ended where it stands, in a loop or an expression that backtracks too. */
function bounded<T>(work: () => T, timeout: number): T | null {
  let result: T | null = null;
  const call = { scalectlFuzzCall: () => void (result = work()) };
  Object.assign(globalThis, call);
  try {
    CALL.runInThisContext({ timeout });
    return result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return null;
    throw error;
  } finally {
    Reflect.deleteProperty(globalThis, 'scalectlFuzzCall');
  }
}

/** How to see a fault again, and what it was. */
export function describeFault(seed: number, { index, what, one, error }: Fault): string {
  const files = [
    ...one.sources.map(({ name, text }) => [name, text] as const),
    ...[...one.files].filter(([path]) =>
      one.sources.some(({ text }) => text.includes(path.split('/').pop() ?? path)),
    ),
  ];
  return [
    `SCALECTL_FUZZ_SEED=${seed} SCALECTL_FUZZ_ONLY=${index}: ${what}`,
    error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 12).join('\n') : '',
    ...files.map(([name, text]) => `--- ${name}${one.strict ? ' (strict)' : ''}\n${text.slice(0, 3000)}`),
  ].join('\n');
}
