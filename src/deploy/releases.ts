/**
 * The history of a stack, kept in the Swarm itself: one release per deploy that changed something, as config objects
 * that nothing mounts. It holds what the stack was asked to be, resolved, so that a rollback needs no file. Secrets are
 * in it by name only.
 */

import { gunzipSync, gzipSync } from 'node:zlib';
import { NAMESPACE_LABEL, RELEASE_LABEL } from '../stack/names.js';
import type { DesiredStack } from '../stack/convert.js';
import { isEngineError, type CallOptions, type ConfigStore } from '../swarm/engine.js';
import type { SwarmConfig } from '../swarm/objects.js';
import type { Material } from './materials.js';

/** `pending`: written, and nobody has seen it come up. */
export type ReleaseState = 'pending' | 'good' | 'failed';

/** What led to a release. `found`: the stack as it was before scalectl deployed it for the first time. */
export type ReleaseOrigin =
  { kind: 'deploy'; files: string[] } | { kind: 'rollback'; to: number } | { kind: 'found' };

/** A secret or config as a release remembers it: `data` is base64, and null for secrets and external objects. */
export type RecordedMaterial = Omit<Material, 'data' | 'keepAt' | 'place' | 'there'> & {
  data: string | null;
};

export interface ReleaseContent {
  /** RFC 3339 */
  at: string;
  origin: ReleaseOrigin;
  /** services with the specs that were written, images with their digests */
  desired: DesiredStack;
  materials: RecordedMaterial[];
}

export interface Release extends ReleaseContent {
  stack: string;
  number: number;
  state: ReleaseState;
  /** the config objects that hold it, in order */
  configs: readonly SwarmConfig[];
}

export interface History {
  /** newest first */
  releases: Release[];
  /** numbers of releases that lack a part, or are in a form that this version does not know; newest first */
  unreadable: number[];
}

const STATE_LABEL = 'scalectl.release.state';
/** `2/3`: the second of three */
const PART_LABEL = 'scalectl.release.part';

const STATES: readonly string[] = ['pending', 'good', 'failed'] satisfies ReleaseState[];
/** Rises when an older scalectl could not make sense of a release any more. */
const FORMAT = 1;

export const KEPT_RELEASES = 10;
/** Swarm takes configs below 1000 KiB. */
const PART_BYTES = 900 * 1024;
/** Labels can only be written over the version that was seen last, and others may write them too. */
const MOST_TRIES = 5;

/** @param configs may hold those of other stacks, and those that are no releases */
export function readHistory(configs: readonly SwarmConfig[], stack: string): History {
  const history: History = { releases: [], unreadable: [] };
  for (const [number, parts] of releaseParts(configs, stack)) {
    const release = readRelease(stack, number, parts);
    if (release === null) history.unreadable.push(number);
    else history.releases.push(release);
  }
  return history;
}

/** The stack's releases, newest first, without those that cannot be read. */
export function readReleases(configs: readonly SwarmConfig[], stack: string): Release[] {
  return readHistory(configs, stack).releases;
}

/** One more than any that was ever given and is still there, be it readable or not. */
export function nextNumber(configs: readonly SwarmConfig[], stack: string): number {
  const [newest] = releaseParts(configs, stack);
  return (newest?.[0] ?? 0) + 1;
}

/** Where a rollback goes that names no release: to the last good one before this one. */
export function rollbackTarget(releases: readonly Release[]): Release | null {
  const [current, ...earlier] = releases;
  if (current === undefined) return null;
  // Going back to where the last rollback went would change nothing.
  const same = current.origin.kind === 'rollback' ? current.origin.to : null;
  const others = earlier.filter(({ number }) => number !== same);
  return (
    others.find(({ state }) => state === 'good') ?? others.find(({ state }) => state === 'pending') ?? null
  );
}

/** By number, newest first; the parts of each in order. */
function releaseParts(configs: readonly SwarmConfig[], stack: string): [number, SwarmConfig[]][] {
  const groups = new Map<number, SwarmConfig[]>();
  for (const config of configs) {
    const { Labels: labels = {} } = config.Spec;
    const number = Number(labels[RELEASE_LABEL] ?? NaN);
    if (labels[NAMESPACE_LABEL] !== stack || !Number.isInteger(number) || number < 1) continue;
    groups.set(number, [...(groups.get(number) ?? []), config]);
  }
  return [...groups]
    .sort(([a], [b]) => b - a)
    .map(([number, parts]) => [number, parts.sort((a, b) => partOf(a) - partOf(b))]);
}

function partOf({ Spec }: SwarmConfig): number {
  return Number.parseInt(Spec.Labels?.[PART_LABEL] ?? '1', 10);
}

function readRelease(stack: string, number: number, configs: SwarmConfig[]): Release | null {
  const label = configs[0]?.Spec.Labels?.[STATE_LABEL] ?? '';
  const state = STATES.includes(label) ? (label as ReleaseState) : 'pending';
  try {
    const packed = Buffer.concat(configs.map(({ Spec }) => Buffer.from(Spec.Data ?? '', 'base64')));
    const { format, ...content } = JSON.parse(gunzipSync(packed).toString('utf8')) as ReleaseContent & {
      format: number;
    };
    return format === FORMAT ? { ...content, stack, number, state, configs } : null;
  } catch {
    return null;
  }
}

/**
 * All parts or none: what was written before one could not be written is taken away again.
 * @throws EngineError with kind `conflict` when another deploy has just taken the number
 */
export async function recordRelease(
  engine: ConfigStore,
  stack: string,
  number: number,
  content: ReleaseContent,
  state: ReleaseState,
  options: CallOptions,
): Promise<Release> {
  const packed = gzipSync(JSON.stringify({ format: FORMAT, ...content }), { level: 9 });
  const count = Math.ceil(packed.length / PART_BYTES);
  const configs: SwarmConfig[] = [];
  const release = { ...content, stack, number, state, configs };
  for (let part = 1; part <= count; part++) {
    const Spec = {
      Name: `${stack}_scalectl-release-${number}${part === 1 ? '' : `.${part}`}`,
      Labels: {
        [NAMESPACE_LABEL]: stack,
        [RELEASE_LABEL]: String(number),
        [STATE_LABEL]: state,
        [PART_LABEL]: `${part}/${count}`,
      },
      Data: packed.subarray((part - 1) * PART_BYTES, part * PART_BYTES).toString('base64'),
    };
    try {
      const { id } = await engine.createConfig(Spec, options);
      configs.push({ ID: id, Version: { Index: 0 }, CreatedAt: content.at, Spec });
    } catch (error) {
      // What could not be written is what counts; a part that stays behind makes no readable release.
      await removeParts(engine, configs, {}).catch(() => undefined);
      throw error;
    }
  }
  return release;
}

/** A release's state stands in a label of its first part: labels are all that Swarm lets one change. */
export async function markRelease(
  engine: ConfigStore,
  release: Release,
  state: ReleaseState,
  options: CallOptions,
): Promise<void> {
  const [first] = release.configs;
  if (first === undefined) return;
  for (let tries = 1; ; tries++) {
    const found = (await engine.listConfigs({ name: [first.Spec.Name] }, options)).find(
      ({ ID }) => ID === first.ID,
    );
    // Somebody removed the history meanwhile: there is nothing to mark.
    if (found === undefined) return;
    const spec = { ...found.Spec, Labels: { ...found.Spec.Labels, [STATE_LABEL]: state } };
    try {
      await engine.updateConfig(found.ID, found.Version.Index, spec, options);
      return;
    } catch (error) {
      if (!isEngineError(error, 'out-of-sequence') || tries === MOST_TRIES) throw error;
    }
  }
}

/**
 * Keeps the newest releases, and among them one that is good, however many have failed since.
 * @param current is kept too, and is what the others are older than
 */
export async function trimReleases(
  engine: ConfigStore,
  configs: readonly SwarmConfig[],
  current: Release,
  options: CallOptions,
): Promise<void> {
  const older = releaseParts(configs, current.stack).filter(([number]) => number < current.number);
  const good = older.find(([, parts]) => parts[0]?.Spec.Labels?.[STATE_LABEL] === 'good');
  const kept = new Set(older.slice(0, KEPT_RELEASES - 1).map(([number]) => number));
  if (good !== undefined && !kept.has(good[0])) {
    kept.delete(Math.min(...kept));
    kept.add(good[0]);
  }
  for (const [number, parts] of older) {
    if (!kept.has(number)) await removeParts(engine, parts, options);
  }
}

/** For a release of which nothing was ever written. */
export async function forgetRelease(
  engine: ConfigStore,
  { configs }: Release,
  options: CallOptions,
): Promise<void> {
  await removeParts(engine, configs, options);
}

async function removeParts(
  engine: ConfigStore,
  parts: readonly SwarmConfig[],
  options: CallOptions,
): Promise<void> {
  for (const { ID } of parts) {
    try {
      await engine.removeConfig(ID, options);
    } catch (error) {
      if (!isEngineError(error, 'not-found')) throw error;
    }
  }
}
