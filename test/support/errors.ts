import { ScalectlError, UserError } from '../../src/errors.js';

/** The error that a call throws on purpose. Anything else fails the test. */
export function errorOf(call: () => unknown): ScalectlError {
  try {
    call();
  } catch (error) {
    if (error instanceof ScalectlError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The same for what a promise ends with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<ScalectlError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ScalectlError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Every problem that an error names, one line each: `place: message`. */
export function problemsOf(error: ScalectlError): string[] {
  const others = error instanceof UserError ? error.others : [];
  return [error, ...others].map(({ place, message }) => `${place ?? '?'}: ${message}`);
}
