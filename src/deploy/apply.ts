/**
 * Brings a stack to what is wanted of it: look, plan, write, wait, and leave word of it. A deploy and a rollback differ
 * only in where the wanted state comes from.
 */

import { relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FailedError, NotConvergedError } from '../errors.js';
import { EngineError, type CallOptions, type Engine } from '../swarm/engine.js';
import { converge } from './converge.js';
import type { ProgressSink } from './events.js';
import { execute } from './execute.js';
import { observe, type Observed } from './observe.js';
import { losses, planText, type Plan } from './plan.js';
import {
  forgetRelease,
  markRelease,
  nextNumber,
  readReleases,
  recordRelease,
  rollbackTarget,
  trimReleases,
  type Release,
  type ReleaseContent,
  type ReleaseOrigin,
} from './releases.js';
import { describeOperation, reconcile, unusedObjects } from './reconcile.js';
import { contentFound, sameServices, toRecorded, wantRelease, type Wanted } from './restore.js';
import { isStale } from './stale.js';

export interface ApplyRequest {
  stack: string;
  /** What is wanted, given what is there. Asked again when the Swarm has moved on between the look and the write. */
  want: (observed: Observed, releases: readonly Release[]) => Wanted | Promise<Wanted>;
  origin: ReleaseOrigin;
  dryRun: boolean;
  detach: boolean;
  /** what nodes show the registry of an image; absent where they show nothing new */
  authFor?: (image: string) => Promise<string | undefined>;
  /** whether a stack that does not come up goes back to its last good release */
  rollbackOnFailure: boolean;
  timeoutMs: number;
  signal: AbortSignal;
  emit: ProgressSink;
  /** Asked once before a plan that removes or re-creates something is carried out. */
  confirm: (plan: Plan) => Promise<boolean>;
}

export interface Applied {
  plan: Plan;
  /** null where nothing was recorded, because nothing was written */
  release: number | null;
}

/**
 * Someone else may write between our look and our write; for so long the look is renewed. A network that goes, for one,
 * is listed until the last task on it has ended.
 */
const LOOKING_MS = 60_000;
/** Doubled each time. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** One look, and all that follows from it. */
interface Look extends Wanted {
  observed: Observed;
  releases: readonly Release[];
  plan: Plan;
  target: Wanted['desired'];
}

/**
 * @throws UserError when it cannot be planned; nothing was written
 * @throws FailedError, NotConvergedError when it was begun and did not come about
 */
export async function applyStack(engine: Engine, request: ApplyRequest): Promise<Applied> {
  const { signal, emit } = request;
  let release: Release | null = null;
  const wrote: string[] = [];
  let shown = '';
  let confirmed = false;
  let excuse = '';
  const lastLook = Date.now() + Math.min(LOOKING_MS, request.timeoutMs);
  for (let looks = 1; ; looks++) {
    const look = await lookAndPlan(engine, request);
    const { plan } = look;
    const { removed, replaced } = losses(plan);
    const isDestructive = removed.length + replaced.length > 0;
    if (looks === 1) for (const warning of plan.warnings) emit({ type: 'warning', text: warning });
    const text = planText(plan);
    if (text !== shown) emit({ type: 'plan', plan });
    shown = text;
    if (request.dryRun) return { plan, release: null };
    if (isDestructive && !confirmed) {
      if (!(await request.confirm(plan))) throw new FailedError('given up; nothing was changed');
      confirmed = true;
    }
    // A look that follows a broken write may find everything written.
    if (plan.operations.length === 0 && release === null) return settle(engine, request, look);
    try {
      release ??= await begin(engine, request, look);
      await write(engine, request, look, wrote);
    } catch (error) {
      if (isStale(error) && Date.now() < lastLook) {
        const why = error instanceof Error ? `: ${error.message}` : '';
        if (why !== excuse) {
          emit({ type: 'warning', text: `the Swarm is not as it was seen${why}; looking again` });
        }
        excuse = why;
        await delay(Math.min(FIRST_PAUSE_MS * 2 ** (looks - 1), LONGEST_PAUSE_MS), undefined, { signal });
        continue;
      }
      if (release === null) throw error;
      const begun = release;
      if (wrote.length === 0) {
        // What never began is no release, and there is nothing to roll back.
        await tryTo((options) => forgetRelease(engine, begun, options));
        throw error;
      }
      if (signal.aborted) throw error;
      await tryTo((options) => markRelease(engine, begun, 'failed', options));
      throw request.rollbackOnFailure ? await rolledBack(engine, request, release, error) : error;
    }
    if (!request.detach) {
      await markRelease(engine, release, 'good', { signal });
      await collect(engine, request, look, release);
    }
    return { plan, release: release.number };
  }
}

async function lookAndPlan(engine: Engine, request: ApplyRequest): Promise<Look> {
  const observed = await observe(engine, { signal: request.signal });
  const releases = readReleases(observed.configs, request.stack);
  const wanted = await request.want(observed, releases);
  const { plan, target } = reconcile(wanted.desired, wanted.materials, observed, wanted.options);
  return { ...wanted, observed, releases, plan, target };
}

/**
 * Nothing to write. What is there must still be up, and a stack that is taken over as it is gets its first release. The
 * newest release is good now when it asks for the same: nobody had waited for it, or it came up after all.
 */
async function settle(engine: Engine, request: ApplyRequest, look: Look): Promise<Applied> {
  const { signal, stack } = request;
  const { plan, observed, releases } = look;
  if (request.detach) return { plan, release: null };
  await converge(engine, serviceNames(look), { ...request, written: new Set() });
  const [newest] = releases;
  if (newest !== undefined) {
    const same = newest.state !== 'good' && sameServices(newest.desired, look.target);
    if (same) await markRelease(engine, newest, 'good', { signal });
    return { plan, release: null };
  }
  if (look.target.services.length === 0) return { plan, release: null };
  const number = nextNumber(observed.configs, stack);
  await recordRelease(engine, stack, number, contentOf(request, look), 'good', { signal });
  return { plan, release: number };
}

/** Leaves word of what is about to be written, and before the very first time of what was there. */
async function begin(engine: Engine, request: ApplyRequest, look: Look): Promise<Release> {
  const { stack, signal } = request;
  const { configs } = look.observed;
  let number = nextNumber(configs, stack);
  const found = look.releases.length === 0 ? contentFound(look.observed, stack, now()) : null;
  if (found !== null) await recordRelease(engine, stack, number++, found, 'good', { signal });
  const release = await recordRelease(engine, stack, number, contentOf(request, look), 'pending', { signal });
  await trimReleases(engine, configs, release, { signal });
  return release;
}

function contentOf({ origin }: ApplyRequest, { target, materials }: Look): ReleaseContent {
  return { at: now(), origin, desired: target, materials: materials.map(toRecorded) };
}

function now(): string {
  return new Date().toISOString();
}

function serviceNames({ target }: Look): string[] {
  return target.services.map(({ spec }) => spec.Name);
}

/** Full names of the services of which others need that they have ended well. */
function neededDone({ target: { services } }: Look): Set<string> {
  const keys = services.flatMap(({ dependsOn }) =>
    dependsOn.filter(({ condition }) => condition === 'completed').map(({ key }) => key),
  );
  return new Set(services.filter(({ key }) => keys.includes(key)).map(({ spec }) => spec.Name));
}

/** @param wrote gets the services that were written, or removed */
async function write(engine: Engine, request: ApplyRequest, look: Look, wrote: string[]): Promise<void> {
  const { signal, emit, timeoutMs } = request;
  const deadline = Date.now() + timeoutMs;
  const { plan, materials, observed } = look;
  const convergeOn = (names: readonly string[], written: ReadonlySet<string>, proof: boolean) =>
    converge(engine, names, {
      ...request,
      timeoutMs: Math.max(0, deadline - Date.now()),
      written,
      mustComplete: neededDone(look),
      proof,
    });
  const hooks = {
    onDone: (operation: Parameters<typeof describeOperation>[0]) => {
      if (operation.kind.endsWith('-service')) wrote.push(operation.name);
      emit({ type: 'done', what: describeOperation(operation), planned: true });
    },
    onWarning: (text: string) => emit({ type: 'warning', text }),
    onKept: (key: string, path: string) =>
      emit({ type: 'done', what: `keep the generated ${key} in ${relative('', path)}`, planned: false }),
    ...(request.authFor !== undefined && { authFor: request.authFor }),
    ...(!request.detach && {
      // Whether they stay up is seen at the end, with all others.
      waitFor: (names: readonly string[]) => convergeOn(names, new Set(names), false),
    }),
  };
  await execute(plan, materials, observed, engine, hooks, { signal, timeoutMs });
  if (request.detach) return;
  const written = new Set(plan.operations.map(({ name }) => name));
  await convergeOn(serviceNames(look), written, true);
}

/** Removes what neither the stack nor the last good release before it needs. The stack is up, whether that works or not. */
async function collect(
  engine: Engine,
  request: ApplyRequest,
  { materials }: Look,
  current: Release,
): Promise<void> {
  const { stack, signal, emit } = request;
  const observed = await observe(engine, { signal });
  const releases = readReleases(observed.configs, stack);
  const good = releases.find(({ number, state }) => number < current.number && state === 'good');
  const needed = [...materials, ...(good?.materials ?? [])];
  const recorded = releases.flatMap((release) => release.materials);
  for (const { kind, id, name } of unusedObjects(stack, needed, recorded, observed)) {
    try {
      if (kind === 'secret') await engine.removeSecret(id, { signal });
      else await engine.removeConfig(id, { signal });
      emit({ type: 'done', what: `remove ${kind} ${name}`, planned: false });
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind === 'aborted') throw error;
      if (error.kind === 'not-found') continue;
      emit({ type: 'warning', text: `the unused ${kind} ${name} stays: ${error.message}` });
    }
  }
}

/** What went wrong counts, not that it could not be noted down. */
async function tryTo(noteDown: (options: CallOptions) => Promise<void>): Promise<void> {
  try {
    await noteDown({ signal: AbortSignal.timeout(5_000) });
  } catch {
    // The Engine is gone, as the error at hand will say.
  }
}

/** @returns the failure, with what became of the way back */
async function rolledBack(
  engine: Engine,
  request: ApplyRequest,
  failed: Release,
  failure: unknown,
): Promise<unknown> {
  if (!(failure instanceof FailedError || failure instanceof NotConvergedError)) return failure;
  const { stack, signal, emit } = request;
  const Failure = failure instanceof NotConvergedError ? NotConvergedError : FailedError;
  const ended = (text: string, hint: string) => new Failure(`${failure.message}\n${text}`, { hint });
  try {
    const earlier = readReleases(await engine.listConfigs(undefined, { signal }), stack).filter(
      ({ number }) => number < failed.number,
    );
    const good = rollbackTarget([failed, ...earlier]);
    if (good === null) {
      return ended('there is no earlier release to roll back to', 'Mend it and deploy again.');
    }
    emit({ type: 'warning', text: `${failure.message}\nrolling back to release ${good.number}` });
    await applyStack(engine, {
      ...request,
      want: wantRelease(good),
      origin: { kind: 'rollback', to: good.number },
      rollbackOnFailure: false,
      confirm: () => Promise.resolve(true),
    });
    return ended(`rolled back to release ${good.number}`, 'Mend it and deploy again.');
  } catch (error) {
    if (signal.aborted) return error;
    const why = error instanceof Error ? error.message : String(error);
    return ended(`the rollback failed too: ${why}`, 'See scalectl status, then scalectl rollback.');
  }
}
