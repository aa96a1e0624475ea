/** The scalectl labels of one service, read one by one; what is wrong with them is collected. */

import { closest } from '../text.js';
import { isPolicyLabel, LABEL_PREFIX, POLICY_LABELS } from './keys.js';
import { ProblemSink, type Field } from './values.js';

export class LabelReader {
  readonly sink = new ProblemSink();

  constructor(
    private readonly service: string,
    protected readonly labels: Readonly<Record<string, string>>,
  ) {}

  /** @param name without the prefix that all share, like every name here */
  has(name: string): boolean {
    return Object.hasOwn(this.labels, LABEL_PREFIX + name);
  }

  place = (name: string): string =>
    `service ${this.service}, label ${name.startsWith(LABEL_PREFIX) ? name : LABEL_PREFIX + name}`;

  problem(name: string, message: string, hint: string): void {
    this.sink.add(this.place(name), message, hint);
  }

  /** The value of a label, or null when it is absent or wrong. */
  value<T>(name: string, parse: (field: Field, sink: ProblemSink) => T | null): T | null {
    const text = this.labels[LABEL_PREFIX + name];
    if (text === undefined) return null;
    const label = LABEL_PREFIX + name;
    const assign = (instead: string) => `${label}: "${instead}"`;
    return parse({ place: this.place(name), name: label, text: text.trim(), assign }, this.sink);
  }

  /** A text that must not be empty. */
  text(name: string, what: string, example: string): string | null {
    return this.value(name, (field, sink) =>
      field.text === ''
        ? sink.reject(field, `names no ${what}`, `Write ${field.assign(example)}.`)
        : field.text,
    );
  }

  /**
   * Labels that only make sense together: names each one of `needed` that is missing while `present` is there.
   * @param needed name -> a value for the hint
   */
  requires(present: string, needed: Readonly<Record<string, string>>): void {
    for (const [name, example] of Object.entries(needed)) {
      if (this.has(name)) continue;
      const label = LABEL_PREFIX + name;
      this.problem(present, `stands without ${label}`, `Add ${label}: "${example}", for example.`);
    }
  }

  /** @returns whether there was nothing to refuse */
  refuseUnknown(keys: readonly string[]): boolean {
    const before = this.sink.problems.length;
    for (const key of keys) {
      if (isPolicyLabel(key)) continue;
      // Without the prefix that all share, which would make any two labels look alike.
      const bare = (label: string): string => label.slice(LABEL_PREFIX.length);
      const guess = closest(bare(key), POLICY_LABELS.map(bare));
      const hint =
        guess === null
          ? 'See docs/autoscaling.md for the labels.'
          : `Did you mean "${LABEL_PREFIX}${guess}"?`;
      this.problem(key, 'is no label that scalectl knows', hint);
    }
    return this.sink.problems.length === before;
  }
}
