/**
 * What one replica can serve, from the utilisation law: use = throughput x service demand, so that a replica that is
 * at 40 % while each of them serves 20 requests per second is full at 50. Source: P. Denning and J. Buzen, "The
 * Operational Analysis of Queueing Network Models", ACM Computing Surveys 10 (3), 1978.
 */

export interface ServiceRate {
  /** requests per second that one replica serves at 100 % CPU */
  perReplica: number;
  at: number;
  /** for how long it has been observed, milliseconds; the first observation, which may be short, is of no length */
  learnedMs: number;
  /** CPU use, lately, over what arrivals and this rate would explain; 1 when they explain it */
  surprise: number;
}

/** Below this use, what a process does by itself is a large part of it; above it, arrivals are not what is served. */
const LEAST_PERCENT = 20;
const MOST_PERCENT = 90;
/** Long enough to average single expensive requests out, short enough to follow a new image, milliseconds. */
const MEMORY_MS = 5 * 60_000;

interface Observation {
  arrivalsPerSecond: number;
  queued: number;
  /** replicas that serve */
  serving: number;
  /** mean use of their CPU limit */
  cpuPercent: number;
}

/** CPU use is believed against the rate when it was off for about this long, milliseconds. */
const SURPRISE_MS = 30_000;

/**
 * The service rate with one more observation: the mean over time of all so far, and once that is longer than its memory,
 * an exponential one. So a first reading of programs that have just started does not stand for minutes. Where nothing was learned yet, a use below the range is better than
 * nothing: it takes a replica to be able to do less than it is.
 */
export function learnServiceRate(
  rate: ServiceRate | null,
  observation: Observation,
  now: number,
): ServiceRate | null {
  const { arrivalsPerSecond, queued, serving, cpuPercent } = observation;
  if (arrivalsPerSecond <= 0 || cpuPercent <= 0 || serving <= 0) return rate;
  const teaches = queued === 0 && cpuPercent <= MOST_PERCENT;
  const seen = arrivalsPerSecond / (serving * (cpuPercent / 100));
  if (rate === null) return teaches ? { perReplica: seen, at: now, learnedMs: 0, surprise: 1 } : null;
  const passed = Math.max(0, now - rate.at);
  const explained = Math.min(100, (100 * arrivalsPerSecond) / (serving * rate.perReplica));
  const ofSurprise = 1 - Math.exp(-passed / SURPRISE_MS);
  const surprise = rate.surprise + ofSurprise * (cpuPercent / explained - rate.surprise);
  if (!teaches || cpuPercent < LEAST_PERCENT) return { ...rate, at: now, surprise };
  const learnedMs = rate.learnedMs + passed;
  const share = learnedMs === 0 ? 0 : Math.max(passed / learnedMs, 1 - Math.exp(-passed / MEMORY_MS));
  return { perReplica: rate.perReplica + share * (seen - rate.perReplica), at: now, learnedMs, surprise };
}
