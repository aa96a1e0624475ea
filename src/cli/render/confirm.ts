import { createInterface } from 'node:readline/promises';
import { UserError } from '../../errors.js';

/** @throws UserError where there is no terminal to ask on and nothing said yes beforehand */
export async function confirm(
  question: string,
  options: { yes: boolean; signal: AbortSignal },
): Promise<boolean> {
  if (options.yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UserError(`${question} Nobody is there to answer`, { hint: 'Say yes beforehand with --yes.' });
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal: options.signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
