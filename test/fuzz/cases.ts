/** One case of the fuzzing: some files, and what they are read with. */

import { Dice } from './dice.js';
import { COMMON_FILE, ENV_FILES, INCLUDED_FILE, makeCommon, makeIncluded, makeStack } from './grammar.js';
import { mutateText, mutateValue } from './mutate.js';
import { writeYaml, type Habits } from './yaml-writer.js';

export const DIRECTORY = '/stack';

export interface Case {
  /** the stack files, in order: name and text */
  sources: { name: string; text: string }[];
  /** what can be read beside them, by absolute path */
  files: ReadonlyMap<string, string>;
  strict: boolean;
  /** nothing was put in that is wrong: it must end in specs */
  flawless: boolean;
}

/** The same two numbers give the same case. */
export function makeCase(seed: number, index: number): Case {
  const dice = Dice.of(seed, index);
  const flawless = dice.chance(0.3);
  const habits: Habits = {
    flow: dice.pick([0, 0.1, 0.5]),
    anchors: flawless ? 0 : dice.pick([0, 0, 0, 0.1]),
  };
  const density = dice.pick([0.02, 0.06, 0.06, 0.2]);
  const version = dice.pick([null, null, '3', '3.8', '3.13']);
  const write = (value: Record<string, unknown>): string => {
    if (!flawless) for (let n = dice.pick([0, 1, 1, 2, 4]); n > 0; n--) mutateValue(value, dice);
    let text = writeYaml(value, dice, habits);
    if (!flawless && dice.chance(0.35)) {
      for (let n = dice.pick([1, 1, 2, 5]); n > 0; n--) text = mutateText(text, dice);
    }
    return text;
  };
  const later = dice.pick([0, 0, 0, 0, 1, 2]);
  const first = makeStack(dice, { density, version, changes: null, everything: later > 0 });
  const services = Object.keys(first['services'] as object);
  const sources = [{ name: 'stack.yml', text: write(first) }];
  for (let more = later; more > 0; more--) {
    const changes = flawless || dice.chance(0.8) ? services : ['another'];
    sources.push({
      name: `more${more}.yml`,
      text: write(makeStack(dice, { density, version, changes, everything: false })),
    });
  }
  const files = new Map<string, string>();
  const beside = (name: string, text: () => string) => {
    if (sources.some((source) => source.text.includes(name)) && (flawless || dice.chance(0.9)))
      files.set(`${DIRECTORY}/${name}`, text());
  };
  for (const name of ENV_FILES) beside(name, () => envFile(dice, flawless));
  beside(COMMON_FILE, () => write(makeCommon(dice)));
  beside(INCLUDED_FILE, () => write(makeIncluded(dice)));
  return { sources, files, strict: !flawless && dice.chance(0.2), flawless };
}

function envFile(dice: Dice, flawless: boolean): string {
  const lines = dice.some(
    [
      'A=1',
      'B=two words',
      "C='quoted $A'",
      'D="a\\nb"',
      '# comment',
      '',
      'F=${A:-x}',
      'HOME',
      'G= spaced ',
      'H=a#b',
    ],
    0.5,
  );
  const text = lines.map((line) => `${line}\n`).join('');
  return flawless || dice.chance(0.7) ? text : mutateText(`${text}export E=5`, dice);
}
