/** Replicas that start, serve and go, second by second. */

export interface Cohort {
  count: number;
  /** second in which it was asked for */
  createdAt: number;
  /** first second in which it serves */
  readyAt: number;
}

/**
 * The newest go first, as in Swarm and Kubernetes, which both stop what does not run yet before anything else.
 */
export class ReplicaSet {
  /** oldest first */
  readonly cohorts: Cohort[] = [];
  #desired = 0;

  constructor(
    initial: number,
    private readonly startupSeconds: number,
  ) {
    if (initial > 0) this.cohorts.push({ count: initial, createdAt: -1e6, readyAt: -1e6 });
    this.#desired = initial;
  }

  get desired(): number {
    return this.#desired;
  }

  scaleTo(desired: number, now: number): void {
    const change = desired - this.#desired;
    if (change > 0) this.cohorts.push({ count: change, createdAt: now, readyAt: now + this.startupSeconds });
    for (let left = -change; left > 0;) {
      const newest = this.cohorts.at(-1);
      if (newest === undefined) break;
      const taken = Math.min(left, newest.count);
      newest.count -= taken;
      left -= taken;
      if (newest.count === 0) this.cohorts.pop();
    }
    this.#desired = desired;
  }

  /** Replicas that have been serving since `since` or longer. */
  readyBy(since: number): number {
    let count = 0;
    for (const cohort of this.cohorts) if (cohort.readyAt <= since) count += cohort.count;
    return count;
  }
}
