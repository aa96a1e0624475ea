/** Turns the table of commands into a command line. Nothing here knows what a command does. */

import { Command, CommanderError, Option } from 'commander';
import { UserError } from '../errors.js';
import { didYouMean } from '../text.js';
import type { CommandSpec, Options, OptionSpec } from './command.js';
import { durationMs, type Context, type Globals, type OutputFormat, type ProgressMode } from './context.js';
import { COMMANDS, GLOBAL_OPTIONS } from './table-of-commands.js';

export interface ProgramOptions {
  version: string;
  write: (text: string) => void;
  /** called with the flags that every command has, before the command runs */
  context: (globals: Globals, command: CommandSpec) => Context;
}

/** Usage errors come out as UserError; help and version text go to `write`. */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<void> {
  const program = new Command('scalectl')
    .description('Deploys, scales and autoscales Docker Swarm stacks.')
    .version(options.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', '\nHelp for one command, with examples: scalectl COMMAND --help')
    .configureOutput({ writeOut: options.write, writeErr: () => undefined })
    .showSuggestionAfterError(false)
    .exitOverride();
  addOptions(program, GLOBAL_OPTIONS);
  for (const spec of COMMANDS) addCommand(program, spec, options);
  try {
    if (argv.length === 0) options.write(program.helpInformation());
    else await program.parseAsync(plainSwitches(argv), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    throw usageError(error, argv);
  }
}

const TRUE = /^(1|t|true)$/i;
const FALSE = /^(0|f|false)$/i;

/** `--detach=false`, as docker has it, of what is a switch here: on is the switch, off is nothing. */
function plainSwitches(argv: readonly string[]): string[] {
  const options = [...GLOBAL_OPTIONS, ...COMMANDS.flatMap((command) => command.options ?? [])];
  const switches = new Set(
    options.filter(({ flags }) => !/[<[]/.test(flags)).flatMap(({ flags }) => flags.split(', ')),
  );
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.flatMap((argument, index) => {
    const [, name = '', value = ''] = /^(--?[a-z][a-z-]*)=(.*)$/.exec(argument) ?? [];
    if (index >= end || !switches.has(name)) return [argument];
    return TRUE.test(value) ? [name] : FALSE.test(value) ? [] : [argument];
  });
}

function addCommand(program: Command, spec: CommandSpec, options: ProgramOptions): void {
  const command = program
    .command(spec.name)
    .summary(spec.summary)
    .description(spec.description ?? sentence(spec.summary))
    .helpOption('-h, --help', 'print help')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `\nExamples:\n${spec.examples.map(([line, text]) => `  ${line}\n      ${text}`).join('\n')}`,
    );
  for (const argument of spec.arguments ?? []) command.argument(argument.name, argument.description);
  addOptions(command, spec.options ?? []);
  command.action(async (...received: unknown[]) => {
    const args = received.slice(0, -2).flat() as string[];
    const module = await spec.load();
    const globals = globalsFrom(command.optsWithGlobals());
    if (globals.timeout !== undefined) durationMs(globals.timeout, '--timeout');
    await module.run(options.context(globals, spec), args, command.opts<Options>());
  });
}

function addOptions(command: Command, specs: readonly OptionSpec[]): void {
  for (const spec of specs) {
    const description =
      spec.defaultText === undefined
        ? spec.description
        : `${spec.description} (default: ${spec.defaultText})`;
    const option = new Option(spec.flags, description);
    if (spec.choices !== undefined) option.choices(spec.choices);
    if (spec.repeatable === true) {
      option.argParser((value: string, earlier?: readonly string[]) => [...(earlier ?? []), value]);
    }
    command.addOption(option);
  }
}

function globalsFrom(flags: Record<string, unknown>): Globals {
  const text = (name: string) => (typeof flags[name] === 'string' ? flags[name] : undefined);
  return {
    context: text('context'),
    host: text('host'),
    stack: text('stack'),
    output: (text('output') ?? 'table') as OutputFormat,
    quiet: flags['quiet'] === true,
    color: flags['color'] !== false,
    progress: (text('progress') ?? 'auto') as ProgressMode,
    yes: flags['yes'] === true,
    timeout: text('timeout'),
  };
}

function usageError(error: CommanderError, argv: readonly string[]): UserError {
  // Help for a command that is not there comes as a plain demand for help.
  const stray = error.code === 'commander.help' ? argv.find((argument) => argument !== 'help') : undefined;
  const message =
    stray === undefined
      ? error.message.replace(/^error: /, '').replace(/\n.*$/s, '')
      : `unknown command '${stray}'`;
  const command = COMMANDS.find(({ name }) => argv.includes(name));
  const known = [
    ...(error.code === 'commander.unknownCommand' || stray !== undefined
      ? COMMANDS.map(({ name }) => name)
      : []),
    ...(error.code === 'commander.unknownOption'
      ? [...GLOBAL_OPTIONS, ...(command?.options ?? [])].flatMap(({ flags }) => /--[a-z-]+/.exec(flags) ?? [])
      : []),
  ];
  const [, choice, choices] =
    /argument '([^']*)' is invalid\. Allowed choices are (.*)\.$/.exec(message) ?? [];
  known.push(...(choices?.split(', ') ?? []));
  const wrong = choice ?? /'([^']*)'/.exec(message)?.[1] ?? '';
  return new UserError(message, {
    place: 'command line',
    hint:
      didYouMean(wrong, known) ?? `See: scalectl ${command === undefined ? '' : `${command.name} `}--help`,
  });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
