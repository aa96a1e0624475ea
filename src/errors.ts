/**
 * The errors scalectl raises on purpose. The class decides the exit code (see `src/main.ts`), and every one of
 * them says what to do next where there is something to do.
 */

export interface ErrorDetails {
  /** Where the trouble is: `stack.yml:12:5`, `--replicas`, `service ecommerce_backend label scalectl.min`. */
  place?: string;
  /** The next step to take, as an imperative sentence. */
  hint?: string;
  cause?: unknown;
}

export abstract class ScalectlError extends Error {
  abstract readonly exitCode: number;
  readonly place: string | undefined;
  readonly hint: string | undefined;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.place = details.place;
    this.hint = details.hint;
  }
}

export interface Problem {
  place: string;
  message: string;
  hint?: string;
}

/** Usage, configuration or input that cannot be right. Nothing was changed. Exit code 2. */
export class UserError extends ScalectlError {
  readonly exitCode = 2;
  /** Further problems found in the same input, after the one that this error names. */
  readonly others: readonly Problem[] = [];

  /** One error for all that is wrong with an input, so that a person mends it in one go. */
  static of(problems: readonly [Problem, ...Problem[]]): UserError {
    const [first, ...others] = problems;
    const error = new UserError(first.message, first);
    Object.assign(error, { others });
    return error;
  }
}

/** Something that was asked for properly did not work. Exit code 1. */
export class FailedError extends ScalectlError {
  readonly exitCode = 1;
}

/** Differences were found, as was asked. They have been shown: there is nothing more to say. Exit code 3. */
export class DifferencesFound extends ScalectlError {
  readonly exitCode = 3;
}

/** What was asked for was begun, and had not come about by its deadline. Exit code 4. */
export class NotConvergedError extends ScalectlError {
  readonly exitCode = 4;
}
