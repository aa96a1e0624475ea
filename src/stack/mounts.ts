/** Mounts, short (`data:/var/lib/data:ro`) and long. */

import { UserError } from '../errors.js';
import type { Mount } from '../swarm/objects.js';
import type { ComposeVolume, LongVolume } from './compose.js';
import { externalName, NAMESPACE_LABEL } from './names.js';

export interface MountOptions {
  stack: string;
  volumes: Readonly<Record<string, ComposeVolume | null>>;
  resolvePath: (path: string) => string;
  place: (index: number) => string;
}

/** @throws UserError when a short form cannot be read. */
export function convertMounts(volumes: readonly (string | LongVolume)[], options: MountOptions): Mount[] {
  return volumes.map((volume, index) =>
    convertMount(typeof volume === 'string' ? expandShort(volume, options.place(index)) : volume, options),
  );
}

function convertMount(volume: LongVolume, options: MountOptions): Mount {
  const mount: Mount = {
    Type: volume.type ?? 'volume',
    Target: volume.target ?? '',
    ...(volume.read_only === true && { ReadOnly: true }),
  };
  switch (volume.type) {
    case 'bind':
      return {
        ...mount,
        Source: options.resolvePath(volume.source ?? ''),
        ...(volume.bind?.propagation !== undefined && {
          BindOptions: { Propagation: volume.bind.propagation },
        }),
      };
    case 'tmpfs':
      return {
        ...mount,
        ...(volume.tmpfs?.size !== undefined && { TmpfsOptions: { SizeBytes: volume.tmpfs.size } }),
      };
    default:
      return { ...mount, ...volumeSource(volume, options) };
  }
}

function volumeSource(volume: LongVolume, { stack, volumes }: MountOptions): Partial<Mount> {
  if (volume.source === undefined) return {};
  const declared = volumes[volume.source] ?? {};
  const noCopy = volume.volume?.nocopy === true ? { NoCopy: true } : {};
  const external = externalName(declared, volume.source);
  if (external !== null) return { Source: external, VolumeOptions: noCopy };
  const labels = Object.entries(declared.labels ?? {}).map(([key, value]) => [key, value ?? ''] as const);
  return {
    Source: declared.name ?? `${stack}_${volume.source}`,
    VolumeOptions: {
      ...noCopy,
      Labels: { ...Object.fromEntries(labels), [NAMESPACE_LABEL]: stack },
      ...((declared.driver ?? declared.driver_opts) !== undefined && {
        DriverConfig: {
          ...(declared.driver !== undefined && { Name: declared.driver }),
          ...(declared.driver_opts !== undefined && { Options: declared.driver_opts }),
        },
      }),
    },
  };
}

function expandShort(short: string, place: string): LongVolume {
  const [first = '', second, options, ...rest] = short.split(':');
  if (first === '' || second === '' || rest.length > 0) {
    throw new UserError(`cannot read the volume "${short}"`, {
      place,
      hint: 'Write "name:/path", "./directory:/path" or "/path", with ":ro" at the end for read-only.',
    });
  }
  if (second === undefined) return { type: 'volume', target: first };
  const flags = (options ?? '').split(',');
  const propagation = flags.find((flag) => /^r?(shared|slave|private)$/.test(flag));
  const isPath = /^[./~]/.test(first);
  return {
    type: isPath ? 'bind' : 'volume',
    source: first,
    target: second,
    ...(flags.includes('ro') && { read_only: true }),
    ...(isPath && propagation !== undefined && { bind: { propagation } }),
    ...(!isPath && flags.includes('nocopy') && { volume: { nocopy: true } }),
  };
}
