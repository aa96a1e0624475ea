import { UserError } from '../../errors.js';
import { didYouMean } from '../../text.js';
import type { CommandModule, Options } from '../command.js';
import type { Context } from '../context.js';

interface Action {
  /** the flags that it takes, as commander names them */
  options: readonly string[];
  load: () => Promise<CommandModule>;
}

const FILE_OPTIONS = ['composeFile', 'envFile', 'profile', 'strict'];

const ACTIONS: Readonly<Record<string, Action>> = {
  show: { options: [], load: () => import('../policy/show.js') },
  pause: { options: ['for'], load: () => import('../policy/pause.js') },
  resume: { options: [], load: () => import('../policy/resume.js') },
  set: { options: [], load: () => import('../policy/set.js') },
  import: { options: [], load: () => import('../policy/import.js') },
  lint: { options: FILE_OPTIONS, load: () => import('../policy/lint.js') },
};

export async function run(context: Context, args: readonly string[], options: Options): Promise<void> {
  const [name, ...rest] = args;
  const action = name !== undefined && Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (name === undefined || action === undefined) throw unknownAction(name);
  const stray = Object.keys(options).find((option) => !action.options.includes(option));
  if (stray !== undefined) {
    throw new UserError(`policy ${name} takes no ${flagOf(stray)}`, {
      place: 'command line',
      hint: 'See: scalectl policy --help',
    });
  }
  const { run: runAction } = await action.load();
  await runAction(context, rest, options);
}

function unknownAction(name: string | undefined): UserError {
  const known = Object.keys(ACTIONS);
  const place = 'command line';
  const hint = `Write one of: ${known.map((action) => `scalectl policy ${action}`).join(', ')}`;
  if (name === undefined) return new UserError('policy needs to know what to do', { place, hint });
  return new UserError(`"${name}" is nothing that can be done with policies`, {
    place,
    hint: didYouMean(name, known) ?? hint,
  });
}

function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
