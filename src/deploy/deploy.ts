/** The deploy: load, convert, observe, plan, execute, converge. */

import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { FailedError, UserError, type Problem } from '../errors.js';
import { decodeService } from '../policy/labels.js';
import { convertStack, type DesiredStack } from '../stack/convert.js';
import { loadStack, type LoadedStack } from '../stack/load.js';
import { isEngineError, type Engine } from '../swarm/engine.js';
import { converge } from './converge.js';
import type { ProgressSink } from './events.js';
import { execute } from './execute.js';
import { readMaterials, resolvePath, type Material } from './materials.js';
import { NOTHING, observe, stackOf, type Observed } from './observe.js';
import type { Plan } from './plan.js';
import { describeOperation, reconcile, unusedObjects } from './reconcile.js';

export interface DeployRequest {
  stack: string;
  file: string;
  env: Readonly<Record<string, string | undefined>>;
  resolveImage: 'always' | 'changed' | 'never';
  prune: boolean;
  resetReplicas: boolean;
  dryRun: boolean;
  detach: boolean;
  timeoutMs: number;
  signal: AbortSignal;
  emit: ProgressSink;
  /** Asked once before a plan that removes something is carried out. */
  confirm: (plan: Plan) => Promise<boolean>;
}

const STACK_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,40}$/;
/** Someone else may write between our look and our write; this often the look is renewed. */
const MOST_LOOKS = 5;

/** @param place where the name was given. @throws UserError when nothing can be called so */
export function checkStackName(name: string, place: string): void {
  if (STACK_NAME.test(name)) return;
  throw new UserError(`"${name}" is no stack name`, {
    place,
    hint: 'Begin with a letter or digit; then letters, digits, "-" and "_", 41 at most.',
  });
}

export function readStackFile(file: string, env: DeployRequest['env']): LoadedStack {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new UserError(`there is no readable stack file ${file}`, {
      place: '--compose-file',
      hint: 'Name it with: scalectl deploy -c FILE',
      cause,
    });
  }
  return loadStack({ name: file === '-' ? 'standard input' : file, text }, env);
}

/**
 * @returns the plan that was (or, dry, would be) carried out
 * @throws UserError, FailedError, NotConvergedError
 */
export async function deployStack(engine: Engine, request: DeployRequest): Promise<Plan> {
  const { signal, emit } = request;
  const loaded = readStackFile(request.file, request.env);
  for (const text of loaded.warnings) emit({ type: 'warning', text });
  // Once without the Swarm: what is wrong with the file is said also where no Engine answers.
  policyBounds(desire(loaded, request, '', NOTHING).desired, loaded);
  const cluster = (await engine.info({ signal })).Swarm.Cluster?.ID ?? '';

  for (let look = 1; ; look++) {
    const observed = await observe(engine, { signal });
    const { desired, materials } = desire(loaded, request, cluster, observed);
    const bounds = policyBounds(desired, loaded);
    const digests = await resolveImages(engine, desired, request, emit);
    const plan = reconcile(desired, materials, observed, { ...request, bounds, digests });
    for (const text of plan.warnings) emit({ type: 'warning', text });
    emit({ type: 'plan', plan });
    if (request.dryRun) return plan;
    if (look === 1 && plan.operations.some(({ kind }) => kind === 'remove-service')) {
      if (!(await request.confirm(plan))) throw new FailedError('given up; nothing was changed');
    }
    try {
      await execute(plan, materials, observed, engine, hooks(emit), { signal });
    } catch (error) {
      const stale = isEngineError(error, 'out-of-sequence') || isEngineError(error, 'conflict');
      if (!stale || look === MOST_LOOKS) throw error;
      emit({ type: 'warning', text: 'the Swarm changed meanwhile: looking again' });
      continue;
    }
    if (request.detach) return plan;
    const names = desired.services.map(({ spec }) => spec.Name);
    const written = new Set(plan.operations.map(({ name }) => name));
    await converge(engine, names, { ...request, written });
    await removeUnused(engine, request, materials);
    return plan;
  }
}

function hooks(emit: ProgressSink) {
  return {
    onDone: (operation: Parameters<typeof describeOperation>[0]) =>
      emit({ type: 'done', what: describeOperation(operation), planned: true }),
    onWarning: (text: string) => emit({ type: 'warning', text }),
    onKept: (key: string, path: string) =>
      emit({ type: 'done', what: `keep the generated ${key} in ${relative('', path)}`, planned: false }),
  };
}

function desire(
  loaded: LoadedStack,
  request: DeployRequest,
  salt: string,
  observed: Observed,
): { desired: DesiredStack; materials: Material[] } {
  const own = (objects: Observed['secrets']) =>
    new Set(objects.filter((object) => stackOf(object) === request.stack).map(({ Spec }) => Spec.Name));
  const directory = request.file === '-' ? process.cwd() : dirname(resolve(request.file));
  const materials = readMaterials(loaded, {
    stack: request.stack,
    directory,
    salt,
    existing: { secret: own(observed.secrets), config: own(observed.configs) },
  });
  const names = (kind: Material['kind']) =>
    Object.fromEntries(
      materials.filter((material) => material.kind === kind).map(({ key, name }) => [key, name]),
    );
  const desired = convertStack(loaded, {
    stack: request.stack,
    resolvePath: (path) => resolvePath(path, directory),
    secretNames: names('secret'),
    configNames: names('config'),
    env: request.env,
  });
  return { desired, materials };
}

/** Policies are read before the first write: a deploy must not leave a service that the autoscaler refuses. */
function policyBounds(desired: DesiredStack, loaded: LoadedStack): Map<string, { min: number; max: number }> {
  const bounds = new Map<string, { min: number; max: number }>();
  const problems: Problem[] = [];
  for (const { key, spec } of desired.services) {
    const decoded = decodeService(spec);
    if (decoded.kind === 'policy') bounds.set(spec.Name, decoded.value);
    if (decoded.kind !== 'invalid') continue;
    for (const problem of decoded.problems) {
      const label = /label (\S+)$/.exec(problem.place)?.[1] ?? '';
      const path = ['services', key, 'deploy', 'labels', label];
      problems.push({
        ...problem,
        place: loaded.place(path),
        message: `${path.join('.')} ${problem.message}`,
      });
    }
  }
  const [first, ...others] = problems;
  if (first !== undefined) throw UserError.of([first, ...others]);
  return bounds;
}

async function resolveImages(
  engine: Engine,
  desired: DesiredStack,
  request: DeployRequest,
  emit: ProgressSink,
): Promise<Map<string, string | null>> {
  if (request.resolveImage === 'never') return new Map();
  const images = new Set(desired.services.map(({ spec }) => spec.TaskTemplate.ContainerSpec?.Image ?? ''));
  const found = await Promise.all(
    [...images].map(async (image) => {
      const digest = image.includes('@') ? null : await engine.imageDigest(image, { signal: request.signal });
      if (digest === null && !image.includes('@')) {
        emit({
          type: 'warning',
          text: `no registry told the digest of ${image}: nodes may run different builds of it`,
        });
      }
      return [image, digest] as const;
    }),
  );
  return new Map(found);
}

async function removeUnused(engine: Engine, request: DeployRequest, materials: Material[]): Promise<void> {
  const observed = await observe(engine, { signal: request.signal });
  for (const { kind, id, name } of unusedObjects(request.stack, materials, observed)) {
    if (kind === 'secret') await engine.removeSecret(id, { signal: request.signal });
    else await engine.removeConfig(id, { signal: request.signal });
    request.emit({ type: 'done', what: `remove ${kind} ${name}`, planned: false });
  }
}
