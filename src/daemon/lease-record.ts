/** How the lease is written down: a config object of the Swarm, whose labels say who holds it. */

import type { CallOptions, ConfigStore } from '../swarm/engine.js';
import type { ConfigSpec, SwarmConfig } from '../swarm/objects.js';
import type { LeaseHolder, LeaseRecord } from './lease-state.js';

/** Belongs to no stack, so nothing that a stack leaves behind is mistaken for it. */
export const LEASE_NAME = 'scalectl-lease';

const PREFIX = 'scalectl.lease.';
/** The Engine refuses a config without content. */
const CONTENT = Buffer.from('Which scalectl daemon acts in this Swarm: see the labels.\n').toString('base64');

export async function readLease(
  store: Pick<ConfigStore, 'listConfigs'>,
  options: CallOptions = {},
): Promise<LeaseRecord | null> {
  // The filter goes by the beginning of names.
  const found = (await store.listConfigs({ name: [LEASE_NAME] }, options)).find(
    ({ Spec }) => Spec.Name === LEASE_NAME,
  );
  return found === undefined ? null : recordOf(found);
}

/** Where nobody holds it any more. A daemon that takes it at this very moment makes a new one. */
export async function removeFreeLease(
  store: Pick<ConfigStore, 'listConfigs' | 'removeConfig'>,
  options: CallOptions = {},
): Promise<void> {
  const lease = await readLease(store, options);
  if (lease?.holder === null) await store.removeConfig(lease.objectId, options);
}

/** @param renewed RFC 3339; when it was renewed, by the holder's clock: for people */
export function leaseSpec(holder: LeaseHolder | null, renewed: string): ConfigSpec {
  const said =
    holder === null
      ? {}
      : { holder: holder.id, host: holder.host, pid: String(holder.pid), since: holder.since, renewed };
  return {
    Name: LEASE_NAME,
    Labels: Object.fromEntries(Object.entries(said).map(([key, value]) => [PREFIX + key, value])),
  };
}

export function newLeaseSpec(holder: LeaseHolder, renewed: string): ConfigSpec {
  return { ...leaseSpec(holder, renewed), Data: CONTENT };
}

/**
 * For people only: by wall clocks, which may differ. One that was renewed within the last minute, or in the future, is
 * taken for a live one.
 */
export function mayBeAlive({ holder, renewed }: LeaseRecord, wallMs: number): boolean {
  return holder !== null && !(wallMs - Date.parse(renewed) > 60_000);
}

/** `node1 (process 4711)` */
export function holderText({ host, pid }: LeaseHolder): string {
  return `${host} (process ${pid})`;
}

/** What is no holder's name is free: somebody wrote over it. */
function recordOf({ ID, Version, Spec }: SwarmConfig): LeaseRecord {
  const labels = Spec.Labels ?? {};
  const id = labels[`${PREFIX}holder`] ?? '';
  const text = (key: string): string => labels[PREFIX + key] ?? '?';
  return {
    objectId: ID,
    renewed: text('renewed'),
    version: Version.Index,
    holder:
      id === '' ? null : { id, host: text('host'), pid: Number(text('pid')) || 0, since: text('since') },
  };
}
