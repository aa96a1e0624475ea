/** Carries a plan out, one API call per operation. It decides nothing: what does not fit any more is thrown back. */

import type { CallOptions, ConfigStore, NetworkStore, SecretStore, ServiceWriter } from '../swarm/engine.js';
import type { ServiceSpec } from '../swarm/objects.js';
import { keepGenerated, type Material } from './materials.js';
import type { Observed } from './observe.js';
import type { Operation, Plan } from './plan.js';

type Writer = ServiceWriter & NetworkStore & SecretStore & ConfigStore;

export interface ExecuteHooks {
  onDone: (operation: Operation) => void;
  onWarning: (text: string) => void;
  /** a generated secret was written to a file */
  onKept: (key: string, path: string) => void;
}

/**
 * Networks, secrets and configs first and in turn, then all services at once.
 * @throws EngineError with kind `out-of-sequence` or `conflict` when the Swarm has moved on since the look.
 */
export async function execute(
  plan: Plan,
  materials: readonly Material[],
  observed: Observed,
  engine: Writer,
  hooks: ExecuteHooks,
  options: CallOptions,
): Promise<void> {
  const ids = {
    secret: new Map(observed.secrets.map(({ ID, Spec }) => [Spec.Name, ID])),
    config: new Map(observed.configs.map(({ ID, Spec }) => [Spec.Name, ID])),
  };
  for (const operation of plan.operations) {
    if (operation.kind === 'create-network') {
      await engine.createNetwork(operation.spec, options);
    } else if (operation.kind === 'create-secret' || operation.kind === 'create-config') {
      const material = materials.find(
        ({ kind, name }) => operation.kind.endsWith(kind) && name === operation.name,
      );
      if (material === undefined) continue;
      ids[material.kind].set(material.name, await createObject(material, engine, options));
      if (keepGenerated(material)) hooks.onKept(material.key, material.keepAt ?? '');
    } else {
      continue;
    }
    hooks.onDone(operation);
  }
  const outcomes = await Promise.allSettled(
    plan.operations.map(async (operation) => {
      const warnings = await writeService(operation, ids, engine, options);
      if (warnings === null) return;
      hooks.onDone(operation);
      for (const warning of warnings) hooks.onWarning(`${operation.name}: ${warning}`);
    }),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function createObject(material: Material, engine: Writer, options: CallOptions): Promise<string> {
  const spec = {
    Name: material.name,
    Labels: material.labels,
    Data: (material.data ?? Buffer.alloc(0)).toString('base64'),
  };
  const templating = material.templating === null ? {} : { Templating: { Name: material.templating } };
  const { id } =
    material.kind === 'secret'
      ? await engine.createSecret(spec, options)
      : await engine.createConfig({ ...spec, ...templating }, options);
  return id;
}

interface Ids {
  secret: ReadonlyMap<string, string>;
  config: ReadonlyMap<string, string>;
}

async function writeService(
  operation: Operation,
  ids: Ids,
  engine: Writer,
  options: CallOptions,
): Promise<string[] | null> {
  switch (operation.kind) {
    case 'create-service':
      return (await engine.createService(withIds(operation.spec, ids), options)).warnings;
    case 'update-service':
      return (
        await engine.updateService(operation.id, operation.version, withIds(operation.spec, ids), options)
      ).warnings;
    case 'remove-service':
      await engine.removeService(operation.id, options);
      return [];
    default:
      return null;
  }
}

function withIds(spec: ServiceSpec, ids: Ids): ServiceSpec {
  const { ContainerSpec: container = {} } = spec.TaskTemplate;
  return {
    ...spec,
    TaskTemplate: {
      ...spec.TaskTemplate,
      ContainerSpec: {
        ...container,
        Secrets: (container.Secrets ?? []).map((reference) => ({
          ...reference,
          SecretID: ids.secret.get(reference.SecretName) ?? '',
        })),
        Configs: (container.Configs ?? []).map((reference) => ({
          ...reference,
          ConfigID: ids.config.get(reference.ConfigName) ?? '',
        })),
      },
    },
  };
}
