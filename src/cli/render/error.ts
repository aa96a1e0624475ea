/** An error as a person reads it: what, where, what to do next. Or as JSON. */

import { ScalectlError, UserError } from '../../errors.js';

export interface ErrorTextOptions {
  json: boolean;
  /** adds the stack trace */
  debug: boolean;
}

export function errorText(error: unknown, { json, debug }: ErrorTextOptions): string {
  const known = error instanceof ScalectlError ? error : null;
  const message = error instanceof Error ? error.message : String(error);
  const others = error instanceof UserError ? error.others : [];
  if (json) {
    return `${JSON.stringify({
      apiVersion: 'scalectl/v1',
      kind: 'Error',
      exitCode: known?.exitCode ?? 1,
      message,
      place: known?.place ?? null,
      hint: known?.hint ?? null,
      others,
    })}\n`;
  }
  const lines = [
    ...problemLines(known === null ? `unexpected: ${message}` : message, known?.place, known?.hint),
    ...others.flatMap((problem) => problemLines(problem.message, problem.place, problem.hint)),
  ];
  if (known === null && !debug) lines.push('  This is a bug in scalectl. SCALECTL_DEBUG=1 shows where.');
  if (debug && error instanceof Error && error.stack !== undefined) lines.push(error.stack);
  return `${lines.join('\n')}\n`;
}

function problemLines(message: string, place: string | undefined, hint: string | undefined): string[] {
  return [
    `error: ${place === undefined ? '' : `${place}: `}${message}`,
    ...(hint === undefined ? [] : [`  ${hint}`]),
  ];
}
