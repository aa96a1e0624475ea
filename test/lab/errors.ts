/** A failure whose message is one clear line for a person, ending with what to do about it. */
export class LabError extends Error {
  override readonly name = 'LabError';
}

/** A wrong command line: exit code 2 instead of 1. */
export class LabUsageError extends Error {
  override readonly name = 'LabUsageError';
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for a system error (`ENOENT`, `EBUSY`, …) with the given code. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
