/**
 * What one replica can serve, from the utilisation law: use = throughput x service demand, so that a replica that is
 * at 40 % while each of them serves 20 requests per second is full at 50. Source: P. Denning and J. Buzen, "The
 * Operational Analysis of Queueing Network Models", ACM Computing Surveys 10 (3), 1978.
 */

export interface ServiceRate {
  /** requests per second that one replica serves at 100 % CPU */
  perReplica: number;
  at: number;
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

/**
 * The service rate with one more observation, or as it was when that says nothing. Where nothing was learned yet, a
 * use below the range is better than nothing: it takes a replica to be able to do less than it is.
 */
export function learnServiceRate(
  rate: ServiceRate | null,
  { arrivalsPerSecond, queued, serving, cpuPercent }: Observation,
  now: number,
): ServiceRate | null {
  if (arrivalsPerSecond <= 0 || cpuPercent <= 0 || serving <= 0 || queued > 0) return rate;
  if (cpuPercent > MOST_PERCENT) return rate;
  if (cpuPercent < LEAST_PERCENT && rate !== null) return rate;
  const seen = arrivalsPerSecond / (serving * (cpuPercent / 100));
  if (rate === null) return { perReplica: seen, at: now };
  const share = 1 - Math.exp(-Math.max(0, now - rate.at) / MEMORY_MS);
  return { perReplica: rate.perReplica + share * (seen - rate.perReplica), at: now };
}
