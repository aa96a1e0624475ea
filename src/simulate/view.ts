/** What a policy can see of a simulated service. All times are whole seconds from the start of the trace. */

import type { Cohort } from './replicas.js';

export interface View {
  /** the present: everything before this second has happened */
  now: number;
  desired: number;
  cohorts: readonly Cohort[];
  startupSeconds: number;
  /** what one replica can serve: requests per second, or jobs at once */
  capacity: number;
  /** replicas that have been serving since `since` or longer */
  readyBy(since: number): number;
  /** Mean use of the serving replicas over the seconds [from, to), percent; null when none served. */
  cpuPercent(from: number, to: number): number | null;
  /** Arrivals per second over [from, to); null before the trace began. */
  arrivalsPerSecond(from: number, to: number): number | null;
  /** requests or jobs that wait for a replica now */
  waiting: number;
  /** jobs that are being worked on now; 0 for requests */
  active: number;
}

/** A policy at work: asked every `everySeconds` how many replicas there should be. Keeps its own memory. */
export interface Scaler {
  everySeconds: number;
  /** whether the bounds of the simulation are not for it */
  unbounded?: true;
  replicas(view: View): number;
}
