/** Which stack a command reads from which files: shared by all commands that read stack files. */

import { existsSync } from 'node:fs';
import { readStack, type ReadStack } from '../../deploy/read-stack.js';
import { UserError } from '../../errors.js';
import { given, type Options } from '../command.js';
import type { Context } from '../context.js';
import { projectConfig, stackName } from '../stack-choice.js';

const USUAL_FILES = ['docker-stack.yml', 'stack.yml', 'compose.yml', 'docker-compose.yml'];
const STACK_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,40}$/;

export interface StackFiles {
  stack: string;
  source: ReadStack;
}

/**
 * Reads the files that the flags, or `scalectl.yml`, or habit name. The stack's name: the argument or `--stack`, else
 * `scalectl.yml`, else `SCALECTL_STACK`, else `name:` in the file.
 * @throws UserError
 */
export async function readStackFiles(
  context: Context,
  args: readonly string[],
  options: Options,
): Promise<StackFiles> {
  const { stack, source } = await readFiles(context, args, options);
  if (stack !== null) return { stack, source };
  throw new UserError('the stack has no name', {
    place: '--stack',
    hint: 'Give one with --stack NAME, "stack: NAME" in scalectl.yml, or SCALECTL_STACK.',
  });
}

/** The same, for those who can do without a name. */
export async function readFiles(
  context: Context,
  args: readonly string[],
  options: Options,
): Promise<{ stack: string | null; source: ReadStack }> {
  const files = await chosenFiles(given(options['composeFile']));
  const named = argumentName(context, args) ?? (await stackName(context));
  if (named !== null) checkStackName(named.name, named.place);
  const source = readStack({
    files,
    env: context.env,
    envFiles: given(options['envFile']),
    profiles: given(options['profile']),
    strict: options['strict'] === true,
  });
  if (named !== null) return { stack: named.name, source };
  const { name } = source.loaded;
  if (name !== null) checkStackName(name, source.loaded.place(['name']));
  return { stack: name, source };
}

/** `docker stack deploy` has the name as its argument. */
function argumentName(
  { globals }: Context,
  [name]: readonly string[],
): { name: string; place: string } | null {
  if (name === undefined) return null;
  if (globals.stack !== undefined && globals.stack !== name) {
    throw new UserError(`two names for one stack: ${name} and ${globals.stack}`, {
      place: '--stack',
      hint: 'Give one of the two.',
    });
  }
  return { name, place: 'the argument' };
}

/** @param place where the name was given. @throws UserError when nothing can be called so */
function checkStackName(name: string, place: string): void {
  if (STACK_NAME.test(name)) return;
  throw new UserError(`"${name}" is no stack name`, {
    place,
    hint: 'Begin with a letter or digit; then letters, digits, "-" and "_", 41 at most.',
  });
}

async function chosenFiles(named: readonly string[]): Promise<readonly string[]> {
  // As docker has it, commas separate files; a file that has one in its name goes before.
  if (named.length > 0) return named.flatMap((name) => (existsSync(name) ? [name] : name.split(',')));
  const { file } = await projectConfig();
  const found = file ?? USUAL_FILES.find((name) => existsSync(name));
  if (found !== undefined) return [found];
  throw new UserError('there is no stack file here', {
    place: '--compose-file',
    hint: `Name one with -c FILE or "file:" in scalectl.yml. Looked for: ${USUAL_FILES.join(', ')}.`,
  });
}
