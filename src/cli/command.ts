/** A command is data: help, documentation and completion come from the same table as the running of it. */

import type { Context } from './context.js';

export interface OptionSpec {
  /** as commander takes them: `-c, --compose-file <file>` */
  flags: string;
  description: string;
  /** allowed values */
  choices?: readonly string[];
  /** shown in the help; the command itself fills it in */
  defaultText?: string;
  /** may be given several times: the command gets a list */
  repeatable?: true;
}

export interface ArgumentSpec {
  /** `<name>` required, `[name]` optional, `[name...]` any number */
  name: string;
  description: string;
}

export type OptionValue = string | boolean | readonly string[] | undefined;
export type Options = Readonly<Record<string, OptionValue>>;

/** What a repeatable option was given, in order. */
export function given(value: OptionValue): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

export interface CommandModule {
  run: (context: Context, args: readonly string[], options: Options) => Promise<void>;
}

export interface CommandSpec {
  name: string;
  summary: string;
  description?: string;
  arguments?: readonly ArgumentSpec[];
  options?: readonly OptionSpec[];
  /** whether it changes the Swarm, so that being stopped in the middle leaves something begun */
  changesSwarm?: boolean;
  /** command line and what it is for */
  examples: readonly (readonly [string, string])[];
  load: () => Promise<CommandModule>;
}
