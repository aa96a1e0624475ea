/** Labels of a policy changed one by one, and checked as a whole before anything is written. */

import { UserError, type Problem } from '../errors.js';
import { didYouMean } from '../text.js';
import { isPolicyLabel, LABEL_PREFIX, POLICY_LABELS } from './keys.js';
import { decodeService } from './labels.js';
import type { PolicySubject } from './policy.js';

export interface LabelEdit {
  /** whole: `scalectl.max` */
  label: string;
  /** null takes the label away */
  value: string | null;
}

/**
 * Reads `max=10` or `scalectl.max=10`; nothing behind the `=` takes the label away.
 * @throws UserError with everything that is wrong
 */
export function parseEdits(texts: readonly string[]): LabelEdit[] {
  const problems: Problem[] = [];
  const edits: LabelEdit[] = [];
  const refuse = (text: string, message: string, hint: string) =>
    problems.push({ place: `policy set ${text}`, message, hint });
  for (const text of texts) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (key === undefined || value === undefined) {
      refuse(text, `cannot read "${text}"`, 'Write KEY=VALUE: max=10');
      continue;
    }
    const label = key.startsWith(LABEL_PREFIX) ? key : LABEL_PREFIX + key;
    if (!isPolicyLabel(label)) {
      refuse(text, `"${key}" is no setting of a policy`, guess(label));
    } else if (edits.some((edit) => edit.label === label)) {
      refuse(text, `${label} is given twice`, 'Give each setting once.');
    } else {
      edits.push({ label, value: value.trim() === '' ? null : value.trim() });
    }
  }
  const [first, ...others] = problems;
  if (first !== undefined) throw UserError.of([first, ...others]);
  return edits;
}

/** The service's labels after the edits. @throws UserError where they make no policy that can be carried out */
export function editLabels(
  spec: PolicySubject & { Labels: Record<string, string> },
  edits: readonly LabelEdit[],
): Record<string, string> {
  const labels = new Map(Object.entries(spec.Labels));
  for (const { label, value } of edits) {
    if (value === null) labels.delete(label);
    else labels.set(label, value);
  }
  const edited = Object.fromEntries(labels);
  const decoded = decodeService({ ...spec, Labels: edited });
  if (decoded.kind === 'invalid') throw UserError.of(decoded.problems);
  return edited;
}

function guess(label: string): string {
  const bare = (name: string) => name.slice(LABEL_PREFIX.length);
  return didYouMean(bare(label), POLICY_LABELS.map(bare)) ?? 'See docs/autoscaling.md for the labels.';
}
