/**
 * How well supply followed demand. Accuracy and time share in the normalised form of the SPEC Cloud Group: N. Herbst
 * et al., "Ready for Rain? A View from SPEC Research on the Future of Cloud Metrics", SPEC-RG-2016-01, and the
 * normalisation by demand used since. Jitter and elastic speedup from the same report.
 */

export interface Supply {
  /** replicas needed in each second */
  needed: Int32Array;
  /** replicas that served */
  ready: Int32Array;
  /** replicas that were asked for, and are paid for */
  desired: Int32Array;
  /** requests or jobs that came, and how many of them were late */
  arrivals: Float64Array;
  late: Float64Array;
  /** second from which on is measured */
  from: number;
}

export interface Measures {
  /** requests over the SLO, percent of all */
  violationPercent: number;
  /** longest time in which more than one request in a hundred of every second was over the SLO */
  longestViolationSeconds: number;
  replicaHours: number;
  /** 100 / T x sum of (needed - ready)+ / needed */
  thetaUnder: number;
  /** 100 / T x sum of (ready - needed)+ / needed */
  thetaOver: number;
  /** percent of the time with fewer, and with more, than needed */
  tauUnder: number;
  tauOver: number;
  /** (changes of supply - changes of demand) per minute; negative when supply is lazy */
  jitterPerMinute: number;
  /** how often an hour a change of supply is followed by one in the other direction */
  reversalsPerHour: number;
}

const LATE_SHARE = 0.01;

export function measure({ needed, ready, desired, arrivals, late, from }: Supply): Measures {
  const seconds = Math.max(1, needed.length - from);
  let [come, over, violation, longest] = [0, 0, 0, 0];
  let [replicaSeconds, under, surplus, underSeconds, overSeconds] = [0, 0, 0, 0, 0];
  let [supplyChanges, demandChanges, reversals, direction] = [0, 0, 0, 0];
  for (let t = from; t < needed.length; t++) {
    const [d, s, asked] = [needed[t] ?? 0, ready[t] ?? 0, desired[t] ?? 0];
    const [arrived, lateNow] = [arrivals[t] ?? 0, late[t] ?? 0];
    come += arrived;
    over += lateNow;
    violation = lateNow > LATE_SHARE * arrived && lateNow > 0 ? violation + 1 : 0;
    longest = Math.max(longest, violation);
    replicaSeconds += asked;
    if (s < d) {
      under += (d - s) / d;
      underSeconds++;
    } else if (s > d) {
      surplus += (s - d) / Math.max(1, d);
      overSeconds++;
    }
    if (t === from) continue;
    const change = asked - (desired[t - 1] ?? 0);
    supplyChanges += Math.abs(change);
    demandChanges += Math.abs(d - (needed[t - 1] ?? 0));
    if (change !== 0) {
      if (direction * change < 0) reversals++;
      direction = change;
    }
  }
  return {
    violationPercent: come === 0 ? 0 : (100 * over) / come,
    longestViolationSeconds: longest,
    replicaHours: replicaSeconds / 3600,
    thetaUnder: (100 * under) / seconds,
    thetaOver: (100 * surplus) / seconds,
    tauUnder: (100 * underSeconds) / seconds,
    tauOver: (100 * overSeconds) / seconds,
    jitterPerMinute: (60 * (supplyChanges - demandChanges)) / seconds,
    reversalsPerHour: (3600 * reversals) / seconds,
  };
}

/** Below this, in percentage points, a term of the speedup says nothing, and would decide it all the same. */
const SPEEDUP_FLOOR = 0.05;

/**
 * How many times more elastic `one` is than `other`: the geometric mean of the quotients of the four measures of
 * accuracy and time share, each floored at 0.05 percentage points.
 */
export function elasticSpeedup(one: Measures, other: Measures): number {
  const quotient = (name: 'thetaUnder' | 'thetaOver' | 'tauUnder' | 'tauOver') =>
    Math.max(SPEEDUP_FLOOR, other[name]) / Math.max(SPEEDUP_FLOOR, one[name]);
  return (
    (quotient('thetaUnder') * quotient('thetaOver') * quotient('tauUnder') * quotient('tauOver')) ** (1 / 4)
  );
}
