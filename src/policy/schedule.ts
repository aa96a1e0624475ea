/** What schedules ask for at a moment: a floor, or a count that is fixed, within a window of local time. */

import { midnightOf, startsOn, type Cron } from './cron.js';
import { clockAt, instantsOf } from './time-zone.js';

export interface Schedule {
  name: string;
  /** when a window begins */
  cron: Cron;
  /** how much later it ends, by the clock of the zone */
  durationMs: number;
  /** `floor`: at least so many replicas; `fixed`: exactly */
  kind: 'floor' | 'fixed';
  replicas: number;
  timeZone: string;
}

/** Bounds for the time being, within those of the policy. */
export interface ScheduledBounds {
  min: number;
  max: number;
  /** e.g. `the schedule office wants at least 4 until 18:00 (Europe/Berlin)` */
  text: string;
}

const DAY_MS = 24 * 3600_000;
/** No zone puts its clocks forward or back by more. */
const LARGEST_SHIFT_MS = 3 * 3600_000;

/**
 * Of several windows at a time, a fixed count wins over floors, and the larger number over the smaller.
 * @param wallMs milliseconds since 1970
 * @returns null where no window is open
 */
export function scheduledBounds(
  schedules: readonly Schedule[],
  max: number,
  wallMs: number,
): ScheduledBounds | null {
  const open = schedules.flatMap((schedule) => {
    const endsAt = windowAt(schedule, wallMs);
    return endsAt === null ? [] : [{ schedule, endsAt }];
  });
  const fixed = open.filter(({ schedule }) => schedule.kind === 'fixed');
  const [winner] = (fixed.length > 0 ? fixed : open).sort(
    (a, b) => b.schedule.replicas - a.schedule.replicas,
  );
  if (winner === undefined) return null;
  const { name, kind, replicas, timeZone } = winner.schedule;
  const until = `${new Date(winner.endsAt).toISOString().slice(11, 16)} (${timeZone})`;
  const wants = kind === 'floor' ? 'at least' : 'exactly';
  return {
    min: replicas,
    max: kind === 'floor' ? max : replicas,
    text: `the schedule ${name} wants ${wants} ${replicas} until ${until}`,
  };
}

/**
 * What the clock shows when the window ends that is open, or null. Beginning and end are times of the clock: from
 * 22:00 for 8h is until 06:00 also in the nights in which clocks change. Where the end comes twice the last one counts,
 * and a window that lies in the hour that is left out begins when that is over, and lasts as long.
 */
function windowAt({ cron, durationMs, timeZone }: Schedule, wallMs: number): number | null {
  const clock = clockAt(wallMs, timeZone);
  const earliest = clock - durationMs - LARGEST_SHIFT_MS;
  const latest = clock + LARGEST_SHIFT_MS;
  for (let midnight = midnightOf(latest); midnight >= midnightOf(earliest); midnight -= DAY_MS) {
    for (const start of startsOn(cron, midnight)) {
      if (start < earliest || start > latest) continue;
      const begin = instantsOf(start, timeZone).first;
      const end = instantsOf(start + durationMs, timeZone).last;
      const over = end > begin ? end : begin + durationMs;
      if (begin <= wallMs && wallMs < over) return clockAt(over, timeZone);
    }
  }
  return null;
}
