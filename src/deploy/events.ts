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

export type ProgressEvent =
  | { type: 'plan'; plan: Plan }
  /** `planned`: it was announced as part of a plan */
  | { type: 'done'; what: string; planned: boolean }
  | { type: 'warning'; text: string }
  | { type: 'service'; progress: ServiceProgress };

export type ProgressSink = (event: ProgressEvent) => void;
