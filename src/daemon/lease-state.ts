/**
 * Who may act, as a pure state machine. All times are milliseconds of the reader's own clock that never jumps: nobody
 * compares clocks with anybody, and what the object says of times is for people.
 *
 *             free, or seen unchanged for 10 s
 *   standby ----------------------------------> try to take (compare-and-swap) -- won --> leading
 *      ^                                                  |                                 |
 *      '------------------- lost it to somebody ----------'     somebody else's, or not renewed for 7 s
 *      '------------------------------------------------------------------------------------'
 *
 * 7 s after the beginning of its last renewal a holder acts no more; 10 s after a contender has seen that renewal it
 * takes over. What it saw can only be younger than the beginning, so at least 3 s lie between the two.
 */

/** How often the holder renews. */
export const RENEW_EVERY_MS = 3_000;
/** How often a contender looks. */
export const LOOK_EVERY_MS = 2_000;
/** For so long after the beginning of its last renewal a holder may act. */
export const LEADS_FOR_MS = 7_000;
/** A lease that was not renewed for so long is nobody's any more. */
export const LAPSES_AFTER_MS = 10_000;

/** The lease as it stands in the Swarm. */
export interface LeaseRecord {
  /** of the object; a new one when it was made anew */
  objectId: string;
  version: number;
  /** RFC 3339, or `?`, by the holder's clock: for people */
  renewed: string;
  /** null: free */
  holder: LeaseHolder | null;
}

export interface LeaseHolder {
  /** unique per process */
  id: string;
  host: string;
  pid: number;
  /** RFC 3339, by the holder's clock: for people */
  since: string;
}

export interface LeaseState {
  /** beginning of the last renewal that succeeded; null while somebody else leads */
  renewedAt: number | null;
  /** what was seen last of somebody else's lease, and when it was first seen so */
  seen: { mark: string; at: number; holder: LeaseHolder } | null;
}

export const STANDBY: LeaseState = { renewedAt: null, seen: null };

export type LeaseMove =
  /** write a new object; somebody else may be quicker */
  | { kind: 'create' }
  /** write one's name into the object at the version that was seen */
  | { kind: 'take'; record: LeaseRecord }
  /** somebody else holds it */
  | { kind: 'wait'; holder: LeaseHolder };

/** What to do about what was just seen. `record` is null where there is no object. */
export function look(
  state: LeaseState,
  record: LeaseRecord | null,
  ownId: string,
  now: number,
): { state: LeaseState; move: LeaseMove } {
  if (record === null) {
    // One that was there a moment ago was removed by hand, and its holder may not know it yet.
    const { seen } = state;
    if (seen !== null && now - seen.at < LAPSES_AFTER_MS)
      return { state, move: { kind: 'wait', holder: seen.holder } };
    return { state, move: { kind: 'create' } };
  }
  const { holder } = record;
  if (holder === null || holder.id === ownId) return { state, move: { kind: 'take', record } };
  const mark = `${record.objectId}@${record.version}`;
  if (state.seen?.mark !== mark)
    return { state: { renewedAt: null, seen: { mark, at: now, holder } }, move: { kind: 'wait', holder } };
  const lapsed = now - state.seen.at >= LAPSES_AFTER_MS;
  return {
    state: { ...state, renewedAt: null },
    move: lapsed ? { kind: 'take', record } : { kind: 'wait', holder },
  };
}

/** The state after a write succeeded that was begun at `startedAt`, or rather before the look that led to it. */
export function written(startedAt: number): LeaseState {
  return { renewedAt: startedAt, seen: null };
}

export function leads({ renewedAt }: LeaseState, now: number): boolean {
  return renewedAt !== null && now - renewedAt < LEADS_FOR_MS;
}
