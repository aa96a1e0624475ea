/** Everything that one tick wants to know, asked for at once. */

import type { LoadSignal } from '../policy/policy.js';
import { isLoad } from '../policy/signal-kinds.js';
import { loadId } from '../signals/loads.js';
import type { Measurement, Source, TaskUsage, UsageQuery } from '../signals/types.js';
import type { WorkRate, WorkRates } from '../signals/work-rate.js';
import type { Clock } from './clock.js';
import type { Observation } from './observe.js';
import type { GovernedService } from './policies.js';
import { workId, type Measurements } from './readings.js';
import { tasksByService } from './service-tasks.js';

export interface MeasureOptions {
  usage: Source<UsageQuery, TaskUsage>;
  loads: Source<LoadSignal, Measurement>;
  /** What earlier ticks told of how fast workers work. */
  workRates?: WorkRates;
  /** Reads twice, this many milliseconds apart, what is told by two readings: for sources that have no earlier one. */
  settleMs?: number;
  signal?: AbortSignal;
}

export async function measure(
  observed: Observation,
  governed: readonly GovernedService[],
  options: MeasureOptions,
  clock: Clock,
): Promise<Measurements> {
  const byService = tasksByService(observed.tasks);
  const queries = [...byService.values()].flatMap((own) => own.queries(observed.nodeId));
  const signals = distinctLoads(governed);
  const [usage, loads] = await Promise.all([
    readUsage(queries, options, clock),
    readLoads(signals, options, clock),
  ]);
  const measured: Measurements = {
    byService,
    reserved: observed.reserved,
    nodeId: observed.nodeId,
    usage: usageByTask(usage),
    loads,
    workRates: new Map(),
    wallMs: clock.wallMs(),
    monotonicMs: clock.monotonicMs(),
  };
  return { ...measured, workRates: observeWork(governed, measured, options.workRates) };
}

function usageByTask(usage: readonly TaskUsage[]): Map<string, TaskUsage> {
  const found = new Map<string, TaskUsage>();
  for (const one of usage) found.set(one.taskId, one);
  return found;
}

async function readUsage(
  queries: readonly UsageQuery[],
  { usage, settleMs, signal }: MeasureOptions,
  clock: Clock,
): Promise<TaskUsage[]> {
  const outer = signal === undefined ? {} : { signal };
  if (queries.length === 0) return [];
  const first = await usage.read(queries, outer);
  if (settleMs === undefined) return first;
  await clock.sleep(settleMs, signal);
  return usage.read(queries, outer);
}

/** By `loadId`. */
async function readLoads(
  signals: readonly LoadSignal[],
  { loads, settleMs, signal }: MeasureOptions,
  clock: Clock,
): Promise<Map<string, Measurement>> {
  const outer = signal === undefined ? {} : { signal };
  const answers = await loads.read(signals, outer);
  const found = new Map(
    signals.flatMap((one, index) => {
      const answer = answers[index];
      return answer === undefined ? [] : [[loadId(one), answer] as const];
    }),
  );
  const again = signals.filter(({ kind }) => kind === 'errors');
  if (settleMs === undefined || again.length === 0) return found;
  await clock.sleep(settleMs, signal);
  const later = await loads.read(again, outer);
  again.forEach((one, index) => {
    const answer = later[index];
    if (answer !== undefined) found.set(loadId(one), answer);
  });
  return found;
}

function distinctLoads(governed: readonly GovernedService[]): LoadSignal[] {
  const loads = governed.flatMap(({ policy }) => policy.signals.filter(isLoad));
  return [...new Map(loads.map((signal) => [loadId(signal), signal])).values()];
}

function observeWork(
  governed: readonly GovernedService[],
  measured: Measurements,
  rates: WorkRates | undefined,
): Map<string, WorkRate> {
  const observed = new Map<string, WorkRate>();
  if (rates === undefined) return observed;
  for (const { service, policy } of governed) {
    const running = measured.byService.get(service.ID)?.running.length ?? 0;
    for (const signal of policy.signals) {
      if (signal.kind !== 'queue') continue;
      const work = measured.loads.get(loadId(signal))?.work;
      const id = workId(service.ID, signal);
      if (work === undefined) continue;
      observed.set(id, rates.observe(id, work, running, measured.monotonicMs));
    }
  }
  rates.keepOnly(
    new Set(
      governed.flatMap(({ service, policy }) =>
        policy.signals.flatMap((signal) => (signal.kind === 'queue' ? [workId(service.ID, signal)] : [])),
      ),
    ),
  );
  return observed;
}
