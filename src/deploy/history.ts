/** What became of a stack from one release to the next. */

import type { DesiredService } from '../stack/convert.js';
import { IMAGE_LABEL } from '../stack/names.js';
import type { Change } from './plan.js';
import type { Release, ReleaseOrigin, ReleaseState } from './releases.js';
import { serviceChanges } from './restore.js';

export interface ReleaseChanges {
  /** keys of services */
  added: string[];
  changed: { service: string; changes: Change[] }[];
  removed: string[];
}

export interface ReleaseSummary {
  number: number;
  state: ReleaseState;
  /** RFC 3339 */
  at: string;
  origin: ReleaseOrigin;
  /** against the release before it; null where that is not there any more */
  changes: ReleaseChanges | null;
  /** image by service, as the stack file wrote it */
  images: Record<string, string>;
}

/** @param releases newest first */
export function summarise(releases: readonly Release[]): ReleaseSummary[] {
  return releases.map((release, index) => {
    const before = releases[index + 1];
    const { number, state, at, origin, desired } = release;
    return {
      number,
      state,
      at,
      origin,
      changes: before === undefined ? null : changesSince(before.desired.services, desired.services),
      images: Object.fromEntries(desired.services.map((service) => [service.key, imageOf(service)])),
    };
  });
}

function changesSince(before: readonly DesiredService[], after: readonly DesiredService[]): ReleaseChanges {
  const earlier = new Map(before.map((service) => [service.spec.Name, service]));
  const later = new Set(after.map(({ spec }) => spec.Name));
  const changes: ReleaseChanges = { added: [], changed: [], removed: [] };
  for (const { key, spec } of after) {
    const was = earlier.get(spec.Name);
    if (was === undefined) {
      changes.added.push(key);
      continue;
    }
    const between = serviceChanges(was.spec, spec);
    if (between.length > 0) changes.changed.push({ service: key, changes: between });
  }
  changes.removed = before.filter(({ spec }) => !later.has(spec.Name)).map(({ key }) => key);
  return changes;
}

/** Without the digest that a deploy has put to it. */
export function imageOf({ spec }: Pick<DesiredService, 'spec'>): string {
  return spec.Labels[IMAGE_LABEL] ?? (spec.TaskTemplate.ContainerSpec?.Image ?? '').replace(/(?<=.)@.*$/, '');
}

/** `deploy stack.yml`, `rollback to 3`, `found` */
export function originText(origin: ReleaseOrigin): string {
  switch (origin.kind) {
    case 'deploy':
      return `deploy ${origin.files.join(', ')}`;
    case 'rollback':
      return `rollback to ${origin.to}`;
    case 'found':
      return 'found';
  }
}

/** `backend, +cache, -old`: changed, new and gone; `-` where that is not known. */
export function changesText(changes: ReleaseChanges | null): string {
  if (changes === null) return '-';
  const parts = [
    ...changes.changed.map(({ service }) => service),
    ...changes.added.map((key) => `+${key}`),
    ...changes.removed.map((key) => `-${key}`),
  ];
  return parts.length === 0 ? 'none' : parts.join(', ');
}
