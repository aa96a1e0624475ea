/**
 * The history of a stack, kept in the Swarm itself: one release per deploy that changed something, as a config object
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
export type RecordedMaterial = Omit<Material, 'data' | 'keepAt'> & { data: string | null };

export interface ReleaseContent {
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

const STATE_LABEL = 'scalectl.release.state';
const PART_LABEL = 'scalectl.release.part';

export const KEPT_RELEASES = 10;
/** Swarm takes configs below 1000 KiB. */
const PART_BYTES = 900 * 1024;

/** The stack's releases, newest first. One that cannot be read any more, or lacks a part, is left out. */
export function readReleases(configs: readonly SwarmConfig[], stack: string): Release[] {
  const groups = new Map<number, SwarmConfig[]>();
  for (const config of configs) {
    const { Labels: labels = {} } = config.Spec;
    const number = Number(labels[RELEASE_LABEL]);
    if (labels[NAMESPACE_LABEL] !== stack || !Number.isInteger(number)) continue;
    groups.set(number, [...(groups.get(number) ?? []), config]);
  }
  return [...groups]
    .sort(([a], [b]) => b - a)
    .flatMap(([number, parts]) => readRelease(stack, number, parts) ?? []);
}

function readRelease(stack: string, number: number, parts: SwarmConfig[]): Release | null {
  const ordered = [...parts].sort((a, b) => partOf(a) - partOf(b));
  try {
    const packed = Buffer.concat(ordered.map(({ Spec }) => Buffer.from(Spec.Data ?? '', 'base64')));
    const content = JSON.parse(gunzipSync(packed).toString('utf8')) as ReleaseContent;
    const state = (ordered[0]?.Spec.Labels?.[STATE_LABEL] ?? 'pending') as ReleaseState;
    return { ...content, stack, number, state, configs: ordered };
  } catch {
    return null;
  }
}

function partOf({ Spec }: SwarmConfig): number {
  return Number(Spec.Labels?.[PART_LABEL] ?? 1);
}

/** @throws EngineError with kind `conflict` when another deploy has just taken the number */
export async function recordRelease(
  engine: ConfigStore,
  stack: string,
  number: number,
  content: ReleaseContent,
  state: ReleaseState,
  options: CallOptions,
): Promise<Release> {
  const packed = gzipSync(JSON.stringify(content), { level: 9 });
  const configs: SwarmConfig[] = [];
  for (let part = 1; (part - 1) * PART_BYTES < packed.length; part++) {
    const Spec = {
      Name: `${stack}_scalectl-release-${number}${part === 1 ? '' : `.${part}`}`,
      Labels: {
        [NAMESPACE_LABEL]: stack,
        [RELEASE_LABEL]: String(number),
        [STATE_LABEL]: state,
        [PART_LABEL]: String(part),
      },
      Data: packed.subarray((part - 1) * PART_BYTES, part * PART_BYTES).toString('base64'),
    };
    const { id } = await engine.createConfig(Spec, options);
    configs.push({ ID: id, Version: { Index: 0 }, CreatedAt: content.at, Spec });
  }
  return { ...content, stack, number, state, configs };
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
  const found = (await engine.listConfigs({ name: [first.Spec.Name] }, options)).find(
    ({ ID }) => ID === first.ID,
  );
  // Somebody removed the history meanwhile: there is nothing to mark.
  if (found === undefined) return;
  const spec = { ...found.Spec, Labels: { ...found.Spec.Labels, [STATE_LABEL]: state } };
  await engine.updateConfig(found.ID, found.Version.Index, spec, options);
}

export async function removeRelease(
  engine: ConfigStore,
  release: Release,
  options: CallOptions,
): Promise<void> {
  for (const { ID } of release.configs) {
    try {
      await engine.removeConfig(ID, options);
    } catch (error) {
      if (!isEngineError(error, 'not-found')) throw error;
    }
  }
}
