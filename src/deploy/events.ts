/** What the use cases tell whoever shows it. They never print and never ask by themselves. */

import type { Plan } from './plan.js';

export interface ServiceProgress {
  name: string;
  state: 'moving' | 'there' | 'failed';
  running: number;
  wanted: number;
  /** what is still missing, or why it failed; empty when it is there */
  detail: string;
  /** whether `detail` names trouble, rather than a step that every task takes */
  trouble: boolean;
}

/** A task has come so far. `up` is healthy, where the service's file has a health check. */
export interface TaskProgress {
  service: string;
  /** as the docker CLI calls it: `shop_web.1`, `shop_agent@node1` */
  name: string;
  id: string;
  /** host name; null while it has no node */
  node: string | null;
  state: 'started' | 'up' | 'complete' | 'failed';
  /** whether `up` means that a health check has passed; null where that is not known */
  healthy: boolean | null;
  error: string | null;
  exitCode: number | null;
}

export type ProgressEvent =
  | { type: 'plan'; plan: Plan }
  /** `planned`: it was announced as part of a plan */
  | { type: 'done'; what: string; planned: boolean }
  | { type: 'warning'; text: string }
  | { type: 'service'; progress: ServiceProgress }
  | { type: 'task'; progress: TaskProgress };

export type ProgressSink = (event: ProgressEvent) => void;
