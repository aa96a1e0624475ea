/** Which release of which stack a command means. */

import { readHistory, type History, type Release } from '../deploy/releases.js';
import { UserError } from '../errors.js';
import { NAMESPACE_LABEL, RELEASE_LABEL } from '../stack/names.js';
import type { Engine } from '../swarm/engine.js';
import type { Context } from './context.js';
import { currentStack, unknownStack } from './stack-choice.js';

export interface StackHistory {
  engine: Engine;
  stack: string;
  history: History;
}

/** @throws UserError when there is no such stack */
export async function readStackHistory(context: Context): Promise<StackHistory> {
  const engine = await context.engine();
  const { signal } = context;
  const stack = await currentStack(context, engine);
  const label = [`${NAMESPACE_LABEL}=${stack}`, RELEASE_LABEL];
  const history = readHistory(await engine.listConfigs({ label }, { signal }), stack);
  if (history.releases.length + history.unreadable.length === 0) {
    const services = await engine.listServices(undefined, { signal });
    const there = services.some(({ Spec }) => Spec.Labels[NAMESPACE_LABEL] === stack);
    if (!there) throw await unknownStack(context, stack, services);
  }
  return { engine, stack, history };
}

/** @throws UserError when the text is no number of a release */
export function parseReleaseNumber(text: string, place: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UserError(`"${text}" is no number of a release`, {
    place,
    hint: 'See which there are with: scalectl releases',
  });
}

/** @throws UserError that lists those there are */
export function findRelease({ releases, unreadable }: History, stack: string, number: number): Release {
  const found = releases.find((release) => release.number === number);
  if (found !== undefined) return found;
  throw new UserError(
    unreadable.includes(number)
      ? `release ${number} of the stack ${stack} cannot be read: a part of it is gone`
      : `the stack ${stack} has no release ${number}`,
    { hint: choices(releases) },
  );
}

export function choices(releases: readonly Release[]): string {
  return releases.length === 0
    ? 'There are none.'
    : `There are: ${releases.map(({ number, state }) => `${number} (${state})`).join(', ')}`;
}
