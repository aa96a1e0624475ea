import { desireOf } from '../../deploy/desire.js';
import { NOTHING } from '../../deploy/observe.js';
import { policiesOf } from '../../deploy/policies.js';
import { UserError, type Problem } from '../../errors.js';
import { decodeService } from '../../policy/labels.js';
import { given, type Options } from '../command.js';
import { readFiles } from '../commands/stack-files.js';
import type { Context } from '../context.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { chooseStack, servicesOf, unknownStack } from '../stack-choice.js';

/** What specs are named by where a file is checked that gives no name. */
const NAMELESS = 'stack';

interface Linted {
  stack: string | null;
  /** full names of the services that have a policy */
  services: string[];
  problems: Problem[];
}

/** Checks all policies of the Swarm's stack, or of the stack files that are given. @throws UserError with every problem */
export async function run(context: Context, args: readonly string[], options: Options): Promise<void> {
  const [stray] = args;
  if (stray !== undefined) {
    throw new UserError(`policy lint takes no "${stray}": it checks all policies of a stack`, {
      place: 'command line',
      hint: 'Name files with -c, and the stack with --stack.',
    });
  }
  const fromFiles = given(options['composeFile']).length > 0;
  if (!fromFiles && Object.keys(options).length > 0) {
    throw new UserError(
      'there is no stack file to read so: without -c the policies of the Swarm are checked',
      {
        place: 'command line',
        hint: 'Name the file with -c FILE.',
      },
    );
  }
  const { stack, services, problems } = fromFiles
    ? await lintFiles(context, options)
    : await lintSwarm(context);
  const [first, ...others] = problems;
  if (first !== undefined) throw UserError.of([first, ...others]);
  if (isStructured(context)) {
    await writeStructured(context, {
      apiVersion: 'scalectl/v1',
      kind: 'PolicyLint',
      stack,
      services,
      problems: [],
    });
  } else if (context.globals.output === 'name') {
    context.stdout.write(services.map((name) => `${name}\n`).join(''));
  } else {
    context.stdout.write(
      `${services.length === 1 ? '1 policy' : `${services.length} policies`}, no problem\n`,
    );
  }
}

async function lintFiles(context: Context, options: Options): Promise<Linted> {
  const { stack, source } = await readFiles(context, [], options);
  const { desired } = desireOf(source, {
    stack: stack ?? NAMELESS,
    cluster: null,
    observed: NOTHING,
    releases: [],
  });
  const { policies, problems } = policiesOf(desired, source.loaded);
  return { stack, services: [...policies.keys()], problems };
}

async function lintSwarm(context: Context): Promise<Linted> {
  const engine = await context.engine();
  const all = await engine.listServices(undefined, { signal: context.signal });
  const stack = await chooseStack(context, engine, all);
  const own = servicesOf(stack, all);
  if (own.length === 0) throw await unknownStack(context, stack, all);
  const decoded = own.map(({ Spec }) => ({ name: Spec.Name, policy: decodeService(Spec) }));
  return {
    stack,
    services: decoded.flatMap(({ name, policy }) => (policy.kind === 'policy' ? [name] : [])),
    problems: decoded.flatMap(({ policy }) => (policy.kind === 'invalid' ? policy.problems : [])),
  };
}
