/** URLs that may be secrets themselves. */

import { UserError } from '../errors.js';

/** @throws UserError for what is no http URL, without a word of what it is */
export function checkUrl(text: string, place: string): string {
  const protocol = protocolOf(text);
  if (protocol === 'http:' || protocol === 'https:') return text;
  throw new UserError('this is no URL that can be asked', { place, hint: 'Write https://host/path.' });
}

function protocolOf(text: string): string | null {
  try {
    return new URL(text).protocol;
  } catch {
    return null;
  }
}
