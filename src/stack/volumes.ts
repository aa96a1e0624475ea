/** What a service mounts, short (`data:/var/lib/data:ro`) and long, and whether its parts fit together. */

import {
  anyText,
  by,
  flag,
  isRecord,
  listOf,
  object,
  oneOf,
  size,
  text,
  wholeNumber,
  type Check,
  type Checked,
  type Checking,
} from './check.js';
import type { Path } from './source.js';

const TYPES = ['volume', 'bind', 'tmpfs', 'npipe', 'image', 'cluster'] as const;
export const PROPAGATIONS = ['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave'];

const bytes: Check<number> = (value, path, checking) => {
  if (typeof value !== 'string' || checking.wasSubstituted(path)) return wholeNumber()(value, path, checking);
  return checking.tolerate(path, 'a whole number of bytes', value) ? size(value, path, checking) : undefined;
};

const longVolume = object(
  {
    type: oneOf(...TYPES),
    source: text,
    target: text,
    read_only: flag,
    bind: object({ propagation: text }, { open: true }),
    volume: object({ nocopy: flag, subpath: text }, { open: true }),
    tmpfs: object({ size: bytes }, { open: true }),
    image: object({ subpath: text }, { open: true }),
    cluster: object({}, { open: true }),
  },
  {
    required: ['type'],
    since: { tmpfs: 6, image: null, cluster: null },
    ignored: { consistency: 'an Engine on Linux keeps mounts consistent' },
  },
);
export type LongVolume = Checked<typeof longVolume>;

/** The blocks of options that a type of mount may have. */
const OPTIONS: Readonly<Record<(typeof TYPES)[number], readonly string[]>> = {
  volume: ['volume'],
  bind: ['bind'],
  tmpfs: ['tmpfs'],
  npipe: ['bind'],
  image: ['image'],
  cluster: ['cluster'],
};

const BLOCKS = ['volume', 'bind', 'tmpfs', 'image', 'cluster'] as const;

const checkedLong: Check<LongVolume> = (value, path, checking) => {
  const volume = longVolume(value, path, checking);
  return volume?.type === undefined ? undefined : fits(volume, path, checking);
};

function fits(volume: LongVolume, path: Path, checking: Checking): LongVolume {
  const { type = 'volume', source = '' } = volume;
  if (source === '' && type !== 'volume' && type !== 'tmpfs') {
    checking.report(path, '"source" is missing', `Add "source:" with ${SOURCES[type]}.`);
  }
  if (source !== '' && type === 'tmpfs') {
    checking.report([...path, 'source'], 'a tmpfs has no source', 'Remove it: its files are in memory.');
  }
  for (const block of BLOCKS) {
    if (volume[block] === undefined || OPTIONS[type].includes(block)) continue;
    checking.report(
      [...path, block],
      `does not go with "type: ${type}"`,
      `Remove it, or use "type: ${block}".`,
    );
  }
  return volume;
}

const SOURCES = {
  bind: 'a path on the node',
  npipe: 'the name of the pipe',
  image: 'the name of the image',
  cluster: 'the name of a volume',
};

const shortVolume: Check<LongVolume> = (value, path, checking) => {
  const written = anyText(value, path, checking);
  if (written === undefined) return undefined;
  const volume = parseShort(written);
  if (typeof volume !== 'string') return fits(volume, path, checking);
  return checking.report(
    path,
    `cannot read the volume "${written}": ${volume}`,
    'Write "name:/path", "./directory:/path" or "/path", with ":ro" at the end for read-only.',
  );
};

export const volumes: Check<LongVolume[]> = listOf(
  by<LongVolume>((value) => (isRecord(value) ? checkedLong : shortVolume)),
);

/**
 * `[SOURCE:]TARGET[:OPTIONS]`
 * @returns what is wrong with it, as text
 */
function parseShort(written: string): LongVolume | string {
  if (written.length <= 2) return written === '' ? 'it is empty' : { type: 'volume', target: written };
  const parts = [''];
  for (const char of written) {
    const part = parts[parts.length - 1] ?? '';
    // A letter and a colon are a Windows drive, wherever a part begins.
    if (char !== ':' || /^\p{L}$/u.test(part)) parts[parts.length - 1] = part + char;
    else parts.push('');
  }
  if (parts.includes('')) return 'a part between colons is empty';
  const [first = '', second, options, ...rest] = parts;
  if (rest.length > 0) return 'it has too many colons';
  if (second === undefined) return { type: 'volume', target: first };
  return { type: isPath(first) ? 'bind' : 'volume', source: first, target: second, ...readOptions(options) };
}

function isPath(source: string): boolean {
  return /^(?:[./~]|\\\\|\p{L}:)/u.test(source);
}

function readOptions(options: string | undefined): Omit<LongVolume, 'type'> {
  const result: Omit<LongVolume, 'type'> = {};
  for (const option of options?.split(',') ?? []) {
    if (option === 'ro' || option === 'rw') result.read_only = option === 'ro';
    else if (option === 'nocopy') result.volume = { nocopy: true };
    else if (PROPAGATIONS.includes(option)) result.bind = { propagation: option };
  }
  return result;
}
