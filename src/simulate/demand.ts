/** How many replicas a load needs: what supply is measured against. */

/** Share of requests that may wait longer than the SLO where a count is said to be enough. */
const LATE_SHARE = 0.01;

/**
 * Least replicas for which at most one request in a hundred waits longer than `sloSeconds`. Replicas that serve
 * `capacity` requests per second each are taken as one queue, with Poisson arrivals and even service, for which in
 * heavy traffic P(wait > s) = exp(-2 (n c - rate) s): so n c must exceed the rate by ln(100) / (2 s), whatever the
 * rate. Source: J. Kingman, "The single server queue in heavy traffic", 1961 (exponential bound), for M/D/1.
 */
export function replicasNeeded(rate: number, capacity: number, sloSeconds: number): number {
  return rate <= 0 ? 0 : Math.ceil((rate + spareRate(sloSeconds)) / capacity - 1e-9);
}

/** The rate that `replicas` can carry within the SLO. */
export function rateFor(replicas: number, capacity: number, sloSeconds: number): number {
  return Math.max(0, replicas * capacity - spareRate(sloSeconds));
}

function spareRate(sloSeconds: number): number {
  return Math.log(1 / LATE_SHARE) / (2 * sloSeconds);
}
