/** Mounts as the Engine has them. */

import type { Mount } from '../swarm/objects.js';
import type { ComposeVolume } from './compose.js';
import { maybe, withValues } from './entries.js';
import { externalName, NAMESPACE_LABEL, objectName } from './names.js';
import type { LongVolume } from './volumes.js';

export interface MountOptions {
  stack: string;
  volumes: Readonly<Record<string, ComposeVolume | null>>;
  resolvePath: (path: string) => string;
  /** what `~` stands for */
  home: string | undefined;
}

export function convertMounts(volumes: readonly LongVolume[], options: MountOptions): Mount[] {
  return volumes.map((volume) => convertMount(volume, options));
}

function convertMount(volume: LongVolume, options: MountOptions): Mount {
  const { type = 'volume', source = '', bind } = volume;
  const mount: Mount = {
    Type: type,
    ...(source !== '' && { Source: source }),
    Target: volume.target ?? '',
    ...(volume.read_only === true && { ReadOnly: true }),
    ...(bind !== undefined && { BindOptions: maybe('Propagation', bind.propagation) }),
  };
  switch (type) {
    case 'bind':
      return { ...mount, Source: nodePath(source, options) };
    case 'tmpfs': {
      const size = volume.tmpfs?.size ?? 0;
      return volume.tmpfs === undefined
        ? mount
        : { ...mount, TmpfsOptions: size === 0 ? {} : { SizeBytes: size } };
    }
    case 'image':
      return volume.image === undefined
        ? mount
        : { ...mount, ImageOptions: maybe('Subpath', volume.image.subpath) };
    case 'cluster':
      return {
        ...mount,
        // A group of volumes belongs to no stack.
        ...(!source.startsWith('group:') && {
          Source: objectName(options.stack, source, options.volumes[source]),
        }),
        ClusterOptions: {},
      };
    case 'volume':
      return source === '' ? mount : { ...mount, ...volumeSource(volume, source, options) };
    default:
      return mount;
  }
}

/** A drive with a slash, or a share: absolute on a node that runs Windows. */
const WINDOWS_PATH = /^(?:[a-zA-Z]:[\\/]|[\\/]{2}[^\\/.][^\\/]*[\\/](?![\\/.]).+)/;

function nodePath(written: string, { home, resolvePath }: MountOptions): string {
  const path = home === undefined ? written : written.replace(/^~/, () => home);
  return path.startsWith('/') || WINDOWS_PATH.test(path) ? path : resolvePath(path);
}

function volumeSource(volume: LongVolume, source: string, { stack, volumes }: MountOptions): Partial<Mount> {
  const declared = volumes[source] ?? {};
  const own = {
    ...(volume.volume?.nocopy === true && { NoCopy: true }),
    ...maybe('Subpath', volume.volume?.subpath),
  };
  const name = objectName(stack, source, declared);
  if (externalName(declared, source) !== null) return { Source: name, VolumeOptions: own };
  const { driver = '', driver_opts } = declared;
  return {
    Source: name,
    VolumeOptions: {
      ...own,
      Labels: { ...withValues(declared.labels), [NAMESPACE_LABEL]: stack },
      ...((driver !== '' || driver_opts !== undefined) && {
        DriverConfig: { ...(driver !== '' && { Name: driver }), ...maybe('Options', driver_opts) },
      }),
    },
  };
}
