/** Stack files that cannot be right, written by hand, and the exact words about them. */

export interface BadStackFile {
  name: string;
  /** lines of `stack.yml`, or of several files: those that begin with `+` are not named on the command line */
  files: readonly string[] | Readonly<Record<string, readonly string[]>>;
  strict?: boolean;
  /** `place: message`, and below it the hint, indented */
  says: readonly string[];
}

export type BadStackFiles = Readonly<Record<string, readonly BadStackFile[]>>;
