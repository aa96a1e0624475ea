/** What a stack is in the Swarm, in a form in which two of them can be compared. */

import { request } from 'node:http';

/** `services: { web: … }`; ids are names, names of contents are names, moments and versions are left out. */
export interface StackObjects {
  services: Record<string, unknown>;
  networks: Record<string, unknown>;
  secrets: Record<string, unknown>;
  configs: Record<string, unknown>;
}

interface Raw {
  ID?: string;
  Id?: string;
  Name?: string;
  Version?: { Index: number };
  Spec?: { Name: string; Labels?: Record<string, string> };
  [key: string]: unknown;
}

export interface StackSnapshot {
  objects: StackObjects;
  /** kind and name -> version index, of everything that has one */
  versions: Record<string, number>;
}

const NAMESPACE = 'com.docker.stack.namespace';
const RELEASE = 'scalectl.release';

/** @param socketPath of a manager */
export async function snapshot(socketPath: string, stack: string): Promise<StackSnapshot> {
  const [services, networks, secrets, configs] = await Promise.all(
    ['services', 'networks', 'secrets', 'configs'].map(
      async (kind) => (await get(socketPath, `/v1.41/${kind}`)) as Raw[],
    ),
  );
  const everyNetwork = networks ?? [];
  const own = (objects: Raw[] | undefined) =>
    (objects ?? []).filter(
      ({ Spec }) => Spec?.Labels?.[NAMESPACE] === stack && Spec.Labels[RELEASE] === undefined,
    );
  const ids = new Map([
    ...everyNetwork.map(({ Id = '', Name = '' }) => [Id, Name] as const),
    ...[...(secrets ?? []), ...(configs ?? [])].map(
      ({ ID = '', Spec }) => [ID, withoutHash(Spec?.Name ?? '')] as const,
    ),
  ]);
  const specs = (objects: Raw[] | undefined) =>
    Object.fromEntries(
      own(objects)
        .map(
          ({ Spec }) =>
            [
              withoutHash(Spec?.Name ?? ''),
              normalised({ ...Spec, Name: withoutHash(Spec?.Name ?? '') }, ids),
            ] as const,
        )
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  return {
    objects: {
      services: specs(services),
      secrets: specs(secrets),
      configs: specs(configs),
      networks: Object.fromEntries(
        everyNetwork
          .filter(({ Labels }) => (Labels as Record<string, string> | null)?.[NAMESPACE] === stack)
          .map((network) => [network.Name ?? '', normalised(lasting(network), ids)] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
    },
    versions: Object.fromEntries(
      [...own(services), ...own(secrets), ...own(configs)].map(({ Spec, Version }) => [
        withoutHash(Spec?.Name ?? ''),
        Version?.Index ?? 0,
      ]),
    ),
  };
}

/** What of a network was asked for; its addresses and its peers come and go. */
function lasting(network: Raw): Record<string, unknown> {
  const { Name, Driver, Scope, Internal, Attachable, Ingress, EnableIPv6, Labels } = network;
  const options = Object.entries((network['Options'] ?? {}) as Record<string, string>);
  const ipam = network['IPAM'] as {
    Driver?: string;
    Options?: unknown;
    Config?: { Subnet?: string }[] | null;
  };
  return {
    ...{ Name, Driver, Scope, Internal, Attachable, Ingress, EnableIPv6, Labels },
    Options: Object.fromEntries(options.filter(([key]) => !key.endsWith('vxlanid_list'))),
    // A range that the Engine chose is another each time.
    IPAM: {
      ...ipam,
      Config: ipam.Config?.map(({ Subnet }) => (Subnet?.startsWith('10.231.') === true ? Subnet : 'chosen')),
    },
  };
}

function withoutHash(name: string): string {
  return name.replace(/-[0-9a-f]{12}$/, '');
}

/** Ids become names; references of one name have no order of their own. */
function normalised(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return ids.get(value) ?? value;
  if (Array.isArray(value)) return value.map((item) => normalised(item, ids));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key === 'SecretName' || key === 'ConfigName') return [key, withoutHash(String(item))];
      if (key === 'Secrets' || key === 'Configs') {
        const references = (normalised(item, ids) as unknown[] | null) ?? [];
        return [key, [...references].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))];
      }
      return [key, normalised(item, ids)];
    }),
  );
}

const ENDED = new Set(['complete', 'shutdown', 'failed', 'rejected', 'orphaned', 'remove']);

/** Tasks outlive their service until they have ended on their node; so long they hold its networks. */
export async function hasTasks(socketPath: string, stack: string): Promise<boolean> {
  const filters = JSON.stringify({ label: [`${NAMESPACE}=${stack}`] });
  const tasks = (await get(socketPath, `/v1.41/tasks?filters=${encodeURIComponent(filters)}`)) as {
    NodeID?: string;
    Status: { State: string };
  }[];
  return tasks.some(({ NodeID = '', Status }) => NodeID !== '' && !ENDED.has(Status.State));
}

function get(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`GET ${path}: ${text}`));
      });
    });
    asked.on('error', reject).end();
  });
}
