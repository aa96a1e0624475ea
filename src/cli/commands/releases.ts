import { changesText, imageOf, originText, summarise, type ReleaseSummary } from '../../deploy/history.js';
import type { History, Release } from '../../deploy/releases.js';
import { UserError } from '../../errors.js';
import type { DesiredService } from '../../stack/convert.js';
import { didYouMean, formatAgeMs } from '../../text.js';
import { colours, type Context } from '../context.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { renderTable, type Column } from '../render/table.js';
import { findRelease, parseReleaseNumber, readStackHistory } from '../release-choice.js';

/** In a table that is not wide; what is more is counted. */
const MOST_NAMES = 3;

export async function run(context: Context, args: readonly string[]): Promise<void> {
  const [action, given] = args;
  if (action === undefined) {
    const { stack, history } = await readStackHistory(context);
    await showHistory(context, stack, history);
    return;
  }
  if (action !== 'show') throw unknownAction(action);
  const number = given === undefined ? null : parseReleaseNumber(given, 'releases show');
  const { stack, history } = await readStackHistory(context);
  const release = number === null ? history.releases[0] : findRelease(history, stack, number);
  if (release === undefined) throw new UserError(`the stack ${stack} has no releases`, DEPLOY_HINT);
  await showRelease(context, release);
}

const DEPLOY_HINT = { hint: 'Each scalectl deploy that changes something records one.' };

function unknownAction(action: string): UserError {
  return new UserError(`"${action}" is nothing that can be done with releases`, {
    place: 'command line',
    hint: /^\d+$/.test(action)
      ? `Write: scalectl releases show ${action}`
      : (didYouMean(action, ['show']) ?? 'See: scalectl releases --help'),
  });
}

async function showHistory(context: Context, stack: string, history: History): Promise<void> {
  const releases = summarise(history.releases);
  const { stdout, stderr, globals } = context;
  if (isStructured(context)) {
    await writeStructured(context, {
      apiVersion: 'scalectl/v1',
      kind: 'Releases',
      stack,
      releases,
      unreadable: history.unreadable,
    });
    return;
  }
  if (history.unreadable.length > 0) {
    stderr.write(`cannot be read, because of a part that is gone: ${history.unreadable.join(', ')}\n`);
  }
  if (globals.output === 'name') {
    stdout.write(releases.map(({ number }) => `${number}\n`).join(''));
    return;
  }
  if (releases.length === 0) {
    stderr.write(`the stack ${stack} has no releases: scalectl has not deployed it\n`);
    return;
  }
  const colour = await colours(context, stdout);
  const paint = { good: colour.green, failed: colour.red, pending: colour.yellow };
  const wide = globals.output === 'wide';
  const now = Date.now();
  const columns: Column<ReleaseSummary>[] = [
    { title: 'RELEASE', value: ({ number }) => String(number), align: 'right' },
    { title: 'STATE', value: ({ state }) => paint[state](state) },
    {
      title: wide ? 'AT' : 'AGE',
      value: ({ at }) => (wide ? at : formatAgeMs(now - Date.parse(at))),
      align: 'right',
    },
    { title: 'ORIGIN', value: ({ origin }) => originText(origin) },
    { title: 'CHANGED', value: ({ changes }) => some(changesText(changes).split(', '), wide), expendable: 1 },
    { title: 'IMAGES', value: (release) => some(imagesOf(release, wide), wide), expendable: 2 },
  ];
  stdout.write(`${renderTable(columns, releases, { width: wide ? Infinity : stdout.columns, colour })}\n`);
}

function some(names: readonly string[], all: boolean): string {
  if (names.length === 0) return '-';
  const shown = all ? names : names.slice(0, MOST_NAMES);
  const left = names.length - shown.length;
  return `${shown.join(', ')}${left === 0 ? '' : ` +${left} more`}`;
}

/** Each once; without the registry's part of the name where there is little room. */
function imagesOf({ images }: ReleaseSummary, wide: boolean): string[] {
  return [...new Set(Object.values(images).map((image) => (wide ? image : image.replace(/^.*\//, ''))))];
}

async function showRelease(context: Context, release: Release): Promise<void> {
  const { number, state, at, origin, stack, desired, materials } = release;
  const { stdout, globals } = context;
  const objects = (kind: 'secret' | 'config') =>
    materials.filter((material) => material.kind === kind).map(({ name, key }) => ({ name, key }));
  if (isStructured(context)) {
    await writeStructured(context, {
      apiVersion: 'scalectl/v1',
      kind: 'Release',
      ...{ stack, number, state, at, origin },
      services: desired.services.map((service) => ({
        name: service.key,
        fullName: service.spec.Name,
        image: imageOf(service),
        replicas: service.spec.Mode.Replicated?.Replicas ?? null,
        spec: service.spec,
      })),
      networks: desired.networks.map(({ name, key, external, spec }) => ({ name, key, external, spec })),
      configs: objects('config'),
      secrets: objects('secret'),
    });
    return;
  }
  if (globals.output === 'name') {
    stdout.write(desired.services.map(({ spec }) => `${spec.Name}\n`).join(''));
    return;
  }
  const colour = await colours(context, stdout);
  const wide = globals.output === 'wide';
  const age = formatAgeMs(Date.now() - Date.parse(at));
  stdout.write(
    `stack ${colour.bold(stack)}, release ${number}, ${state}: ${originText(origin)}, ${age} ago\n`,
  );
  const columns: Column<DesiredService>[] = [
    { title: 'SERVICE', value: ({ key }) => key },
    { title: 'REPLICAS', value: replicasText, align: 'right' },
    {
      title: 'IMAGE',
      value: (service) => (wide ? (service.spec.TaskTemplate.ContainerSpec?.Image ?? '-') : imageOf(service)),
    },
    ...(wide ? [{ title: 'ENVIRONMENT', value: environmentNames }] : []),
  ];
  const width = wide ? Infinity : stdout.columns;
  stdout.write(`${renderTable(columns, desired.services, { width, colour })}\n`);
  const lines: [string, string[]][] = [
    ['networks', desired.networks.map(({ name }) => name)],
    ['configs', objects('config').map(({ name }) => name)],
    ['secrets', objects('secret').map(({ name }) => name)],
  ];
  for (const [title, names] of lines) if (names.length > 0) stdout.write(`${title}: ${names.join(', ')}\n`);
}

/** As the release recorded it; a rollback leaves the number as it is then. */
function replicasText({ spec: { Mode } }: DesiredService): string {
  if (Mode.Replicated !== undefined) return String(Mode.Replicated.Replicas ?? 1);
  return Mode.Global !== undefined ? 'global' : 'job';
}

/** Values stay unsaid: people put passwords there against all advice. */
function environmentNames({ spec }: DesiredService): string {
  const names = (spec.TaskTemplate.ContainerSpec?.Env ?? []).map((entry) => entry.replace(/=.*$/s, ''));
  return names.length === 0 ? '-' : names.join(', ');
}
