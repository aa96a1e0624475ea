/** Carries a plan out. It decides nothing: what does not fit any more is thrown back. */

import type { CallOptions, Engine } from '../swarm/engine.js';
import type { ServiceSpec } from '../swarm/objects.js';
import { isEngineError } from '../swarm/engine.js';
import { keepGenerated, type Material } from './materials.js';
import type { Observed } from './observe.js';
import type { Operation, Plan, ServiceOperation } from './plan.js';
import { replaceNetworks, removeNetwork } from './replace-networks.js';
import { isStale } from './stale.js';
import { waitUntilGone } from './tasks-gone.js';
import { writeInOrder } from './write-in-order.js';

export interface ExecuteHooks {
  onDone: (operation: Operation) => void;
  onWarning: (text: string) => void;
  /** a generated secret was written to a file */
  onKept: (key: string, path: string) => void;
  /** Resolves when these services, which were just written, are up. Absent where nobody waits. */
  waitFor?: (names: readonly string[]) => Promise<void>;
  /** what a node shows the registry of an image */
  authFor?: (image: string) => Promise<string | undefined>;
}

export interface ExecuteOptions extends CallOptions {
  signal: AbortSignal;
  /** longest wait for tasks and networks to go, milliseconds */
  timeoutMs: number;
}

/**
 * Networks, secrets and configs first, then what goes, then services: at once, but each after what it depends on. What
 * this made and no service came to use is removed again when it fails.
 * @throws EngineError that `isStale` when the Swarm has moved on since the look
 */
export async function execute(
  plan: Plan,
  materials: readonly Material[],
  observed: Observed,
  engine: Engine,
  hooks: ExecuteHooks,
  options: ExecuteOptions,
): Promise<void> {
  // What is taken away to be made again has to come again, whoever presses Ctrl-C meanwhile.
  const whole = plan.operations.some(({ kind }) => kind.startsWith('replace-'));
  const run = whole
    ? new Execution(engine, observed, uninterrupted(hooks, options.signal), {
        ...options,
        signal: new AbortController().signal,
      })
    : new Execution(engine, observed, hooks, options);
  try {
    for (const operation of plan.operations) await run.prepare(operation, materials);
    await run.removeServices(plan);
    const broken = await run.replaceNetworks(plan);
    await run.writeServices(plan);
    if (broken !== null) throw broken;
    await run.removeNetworks(plan);
  } catch (error) {
    // A fresh look finds what was made.
    if (!isStale(error)) await run.undo();
    throw error;
  }
}

/** Nobody waits any more once it is over; what was begun is brought to its end. */
function uninterrupted(hooks: ExecuteHooks, signal: AbortSignal): ExecuteHooks {
  const { waitFor } = hooks;
  if (waitFor === undefined) return hooks;
  return {
    ...hooks,
    waitFor: async (names) => {
      try {
        await waitFor(names);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}

class Execution {
  readonly #ids: Record<Material['kind'], Map<string, string>>;
  /** what takes away again what was made, as long as no service was written */
  #undo: ((options: CallOptions) => Promise<void>)[] = [];

  constructor(
    private readonly engine: Engine,
    observed: Observed,
    private readonly hooks: ExecuteHooks,
    private readonly options: ExecuteOptions,
  ) {
    this.#ids = {
      secret: new Map(observed.secrets.map(({ ID, Spec }) => [Spec.Name, ID])),
      config: new Map(observed.configs.map(({ ID, Spec }) => [Spec.Name, ID])),
    };
    this.#found = observed;
  }

  readonly #found: Observed;

  /** Makes what services refer to. */
  async prepare(operation: Operation, materials: readonly Material[]): Promise<void> {
    const { engine, options } = this;
    switch (operation.kind) {
      case 'create-network': {
        const { id } = await engine.createNetwork(operation.spec, options);
        this.#undo.push((call) => engine.removeNetwork(id, call));
        break;
      }
      case 'create-secret':
      case 'create-config': {
        const kind = operation.kind === 'create-secret' ? 'secret' : 'config';
        const material = materials.find((it) => it.kind === kind && it.name === operation.name);
        if (material === undefined) return;
        await this.#createMaterial(material);
        break;
      }
      case 'update-secret':
      case 'update-config':
        await this.#updateLabels(operation);
        break;
      default:
        return;
    }
    this.hooks.onDone(operation);
  }

  async #createMaterial(material: Material): Promise<void> {
    const { engine, options } = this;
    const { kind, name, labels, data, templating, driver } = material;
    const spec = {
      Name: name,
      Labels: labels,
      ...(data !== null && { Data: data.toString('base64') }),
      ...(templating !== null && { Templating: { Name: templating } }),
    };
    const { id } =
      kind === 'secret'
        ? await engine.createSecret({ ...spec, ...(driver !== null && { Driver: driver }) }, options)
        : await engine.createConfig(spec, options);
    this.#ids[kind].set(name, id);
    if (keepGenerated(material)) this.hooks.onKept(material.key, material.keepAt ?? '');
    this.#undo.push((call) =>
      kind === 'secret' ? engine.removeSecret(id, call) : engine.removeConfig(id, call),
    );
  }

  async #updateLabels(operation: Operation & { kind: 'update-secret' | 'update-config' }): Promise<void> {
    const { id, version, labels } = operation;
    const { engine, options } = this;
    const store = operation.kind === 'update-secret' ? this.#found.secrets : this.#found.configs;
    const found = store.find(({ ID }) => ID === id);
    if (found === undefined) return;
    const spec = { ...found.Spec, Labels: labels };
    if (operation.kind === 'update-secret') await engine.updateSecret(id, version, spec, options);
    else await engine.updateConfig(id, version, spec, options);
  }

  /** For good, or to be made again: what is replaced has to be gone before its successor comes. */
  async removeServices({ operations }: Plan): Promise<void> {
    const { engine, options } = this;
    const going = operations.filter((it) => it.kind === 'remove-service' || it.kind === 'replace-service');
    await Promise.all(
      going.map(async (operation) => {
        try {
          await engine.removeService(operation.id, options);
        } catch (error) {
          // Somebody else has removed it.
          if (!isEngineError(error, 'not-found')) throw error;
        }
        // From here on the Swarm is not what it was: nothing is undone.
        this.#undo = [];
        if (operation.kind === 'remove-service') this.hooks.onDone(operation);
      }),
    );
    const replaced = going.filter(({ kind }) => kind === 'replace-service').map(({ id }) => id);
    if (replaced.length > 0) await waitUntilGone(engine, replaced, options);
  }

  /** @returns what broke it, after everything that stands again: the services on a network must come back */
  async replaceNetworks({ operations }: Plan): Promise<Error | null> {
    const replacing = operations.filter((operation) => operation.kind === 'replace-network');
    return replaceNetworks(this.engine, replacing, this.hooks.onDone, this.options);
  }

  async writeServices({ operations }: Plan): Promise<void> {
    const { hooks, options } = this;
    const services = operations.filter(
      (operation): operation is ServiceOperation =>
        operation.kind === 'create-service' ||
        operation.kind === 'update-service' ||
        operation.kind === 'replace-service',
    );
    await writeInOrder(services, {
      signal: options.signal,
      ...(hooks.waitFor !== undefined && { waitFor: hooks.waitFor }),
      write: async (operation) => {
        const warnings = await this.#writeService(operation);
        this.#undo = [];
        hooks.onDone(operation);
        for (const warning of warnings) hooks.onWarning(`${operation.name}: ${warning}`);
      },
    });
  }

  async #writeService(operation: ServiceOperation): Promise<string[]> {
    const spec = this.#withIds(operation.spec);
    // Swarm takes other credentials for another template, and restarts tasks for them.
    const pulls = operation.kind !== 'update-service' || operation.changes.some((it) => it.restartsTasks);
    const image = spec.TaskTemplate.ContainerSpec?.Image ?? '';
    const registryAuth = pulls ? await this.hooks.authFor?.(image) : undefined;
    const options = { ...this.options, registryAuth };
    const { warnings } =
      operation.kind === 'update-service'
        ? await this.engine.updateService(operation.id, operation.version, spec, options)
        : await this.engine.createService(spec, options);
    return warnings;
  }

  #withIds(spec: ServiceSpec): ServiceSpec {
    const { ContainerSpec: container = {} } = spec.TaskTemplate;
    const { Secrets, Configs, Privileges } = container;
    const idOf = (kind: Material['kind'], name: string) => this.#ids[kind].get(name) ?? '';
    const credentials = Privileges?.CredentialSpec;
    return {
      ...spec,
      TaskTemplate: {
        ...spec.TaskTemplate,
        ContainerSpec: {
          ...container,
          ...(Secrets !== undefined && {
            Secrets: Secrets.map((it) => ({ ...it, SecretID: idOf('secret', it.SecretName) })),
          }),
          ...(Configs !== undefined && {
            Configs: Configs.map((it) => ({ ...it, ConfigID: idOf('config', it.ConfigName) })),
          }),
          ...(credentials != null && {
            Privileges: {
              ...Privileges,
              CredentialSpec: {
                ...credentials,
                // A template that is kept as it is has the id already.
                Config: this.#ids.config.get(credentials.Config) ?? credentials.Config,
              },
            },
          }),
        },
      },
    };
  }

  async removeNetworks({ operations }: Plan): Promise<void> {
    const going = operations.filter((operation) => operation.kind === 'remove-network');
    if (going.length === 0) return;
    // Nodes list a network for as long as they have a container on it.
    const removed = operations.filter(({ kind }) => kind === 'remove-service');
    await waitUntilGone(
      this.engine,
      removed.flatMap((operation) => ('id' in operation ? [operation.id] : [])),
      this.options,
    );
    for (const operation of going) {
      await removeNetwork(this.engine, operation.id, this.options);
      this.hooks.onDone(operation);
    }
  }

  /** What went wrong counts, not that something of it stays. */
  async undo(): Promise<void> {
    const signal = AbortSignal.timeout(10_000);
    await Promise.allSettled(this.#undo.map((remove) => remove({ signal })));
  }
}
