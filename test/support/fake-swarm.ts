/**
 * A Swarm behind a real unix socket that does at once what it is asked: for what a real one is too slow or too small
 * for, as hundreds of services. test/e2e/fake-swarm.test.ts holds it against a real one.
 */

import type { ServiceSpec, SwarmService, SwarmTask, TaskSpec } from '../../src/swarm/objects.js';
import { Refusal, startFakeEngine, type Asked, type FakeEngine } from './fake-engine.js';
import { endpointOf, PREDEFINED_NETWORKS, specAsKept, type NetworkOnCreate } from './fake-swarm-objects.js';

export interface FakeSwarm {
  socketPath: string;
  /** requests since the last reset, `GET /services` -> how many */
  calls(): Record<string, number>;
  resetCalls(): void;
  close(): Promise<void>;
}

export async function startFakeSwarm(): Promise<FakeSwarm> {
  const swarm = new Swarm();
  const engine: FakeEngine = await startFakeEngine({}, (asked, response) => {
    // The docker CLI asks for the oldest API where an Engine does not say which it has.
    response.setHeader('Api-Version', '1.41');
    return swarm.answer(asked);
  });
  return {
    socketPath: engine.socketPath,
    calls: () => {
      const calls: Record<string, number> = {};
      for (const { method, path } of engine.asked) {
        const route = `${method} ${path.replace(API_VERSION, '')}`;
        calls[route] = (calls[route] ?? 0) + 1;
      }
      return calls;
    },
    resetCalls: () => void engine.asked.splice(0),
    close: () => engine.close(),
  };
}

const API_VERSION = /^\/v\d+\.\d+(?=\/)/;
const NODE_ID = 'node1xxxxxxxxxxxxxxxxxxxx';

type Kind = 'secret' | 'config';

interface KeptObject {
  ID: string;
  Version: { Index: number };
  CreatedAt: string;
  UpdatedAt: string;
  Spec: { Name: string; Labels: Record<string, string>; Data?: string };
}

type KeptService = SwarmService & { Endpoint: unknown };

interface KeptNetwork extends NetworkOnCreate {
  Id: string;
}

type Filters = Record<string, Record<string, boolean> | string[]>;

class Swarm {
  readonly #services = new Map<string, KeptService>();
  readonly #tasks = new Map<string, SwarmTask>();
  readonly #objects: Record<Kind, Map<string, KeptObject>> = { secret: new Map(), config: new Map() };
  readonly #networks = new Map<string, KeptNetwork>(PREDEFINED_NETWORKS.map((one) => [one.Id, one]));
  #index = 10;
  #ids = 0;

  answer({ method, path, query, body }: Asked): unknown {
    const [, kind = '', name = '', act] = path.replace(API_VERSION, '').split('/');
    const filters = JSON.parse(query['filters'] ?? '{}') as Filters;
    const route = `${method} ${kind}${name === '' ? '' : name === 'create' ? '/create' : '/ID'}${act === undefined ? '' : `/${act}`}`;
    const id = decodeURIComponent(name);
    const version = Number(query['version']);
    switch (route) {
      case 'GET _ping':
      case 'HEAD _ping':
        return {};
      case 'GET info':
        return INFO;
      case 'GET version':
        return { ApiVersion: '1.41', Version: '20.10.24', Os: 'linux', Arch: 'amd64' };
      case 'GET nodes':
        return [NODE];
      case 'GET services':
        return [...this.#services.values()].filter(({ ID, Spec }) =>
          chosen(filters, ID, Spec.Name, Spec.Labels),
        );
      case 'GET services/ID':
        return this.#service(id);
      case 'POST services/create':
        return this.#createService(body as ServiceSpec);
      case 'POST services/ID/update':
        return this.#updateService(this.#service(id), version, body as ServiceSpec);
      case 'DELETE services/ID':
        return this.#removeService(this.#service(id));
      case 'GET tasks':
        return [...this.#tasks.values()].filter((task) => this.#taskChosen(task, filters));
      case 'GET networks':
        return [...this.#networks.values()].filter(({ Id, Name, Labels }) =>
          chosen(filters, Id, Name, Labels ?? {}),
        );
      case 'POST networks/create':
        return this.#createNetwork(body as NetworkOnCreate);
      case 'DELETE networks/ID':
        return this.#removeNetwork(id);
      case 'GET secrets':
        return this.#listObjects('secret', filters);
      case 'GET configs':
        return this.#listObjects('config', filters);
      case 'POST secrets/create':
        return this.#createObject('secret', body as KeptObject['Spec']);
      case 'POST configs/create':
        return this.#createObject('config', body as KeptObject['Spec']);
      case 'POST secrets/ID/update':
        return this.#updateObject('secret', id, version, body as KeptObject['Spec']);
      case 'POST configs/ID/update':
        return this.#updateObject('config', id, version, body as KeptObject['Spec']);
      case 'DELETE secrets/ID':
        return this.#removeObject('secret', id);
      case 'DELETE configs/ID':
        return this.#removeObject('config', id);
      case 'GET volumes':
        return { Volumes: [] };
      default:
        return new Refusal(404, 'page not found');
    }
  }

  #service(idOrName: string): KeptService | Refusal {
    const named = [...this.#services.values()].find(({ Spec }) => Spec.Name === idOrName);
    return this.#services.get(idOrName) ?? named ?? new Refusal(404, `service ${idOrName} not found`);
  }

  #createService(spec: ServiceSpec): unknown {
    if (!(this.#service(spec.Name) instanceof Refusal)) {
      return new Refusal(
        409,
        `rpc error: code = AlreadyExists desc = name conflicts with an existing object: service ${spec.Name} already exists`,
      );
    }
    const kept = this.#keep(spec);
    if (kept instanceof Refusal) return kept;
    const service = { ...this.#stamp(), Spec: kept, Endpoint: endpointOf(kept) };
    this.#services.set(service.ID, service);
    this.#runTasks(service);
    return { ID: service.ID };
  }

  #updateService(service: KeptService | Refusal, version: number, spec: ServiceSpec): unknown {
    if (service instanceof Refusal) return service;
    if (service.Version.Index !== version) return new Refusal(500, OUT_OF_SEQUENCE);
    const kept = this.#keep(spec);
    if (kept instanceof Refusal) return kept;
    this.#services.set(service.ID, {
      ...service,
      ...this.#touched(),
      Spec: kept,
      Endpoint: endpointOf(kept),
      PreviousSpec: service.Spec,
    });
    this.#runTasks({ ...service, Spec: kept });
    return { Warnings: null };
  }

  #removeService(service: KeptService | Refusal): unknown {
    if (service instanceof Refusal) return service;
    this.#services.delete(service.ID);
    for (const { ID, ServiceID } of this.#tasks.values())
      if (ServiceID === service.ID) this.#tasks.delete(ID);
    return {};
  }

  #keep(spec: ServiceSpec): ServiceSpec | Refusal {
    const ids = new Map<string, string>();
    for (const { Target } of spec.TaskTemplate.Networks ?? []) {
      const network =
        this.#networks.get(Target) ?? [...this.#networks.values()].find(({ Name }) => Name === Target);
      if (network === undefined) return new Refusal(500, `network ${Target} not found`);
      ids.set(Target, network.Id);
    }
    return specAsKept(spec, ids);
  }

  /** Those that run by the present template stay; the others are shut down and replaced. */
  #runTasks({ ID, Spec }: SwarmService): void {
    const { Mode: mode } = Spec;
    const template = templateOf(Spec);
    const isJob = mode.ReplicatedJob !== undefined || mode.GlobalJob !== undefined;
    const wanted = mode.Replicated?.Replicas ?? mode.ReplicatedJob?.TotalCompletions ?? 1;
    const slots = new Set<number>();
    for (const task of this.#tasks.values()) {
      if (task.ServiceID !== ID || task.DesiredState !== 'running') continue;
      const slot = task.Slot ?? 0;
      if (slot <= wanted && same(task.Spec, template)) slots.add(slot);
      else
        this.#tasks.set(task.ID, {
          ...task,
          ...this.#touched(),
          DesiredState: 'shutdown',
          Status: status('shutdown'),
        });
    }
    for (let slot = 1; slot <= wanted; slot++) {
      if (slots.has(slot)) continue;
      const task: SwarmTask = {
        ...this.#stamp(),
        Spec: template,
        ServiceID: ID,
        ...(mode.Global === undefined && mode.GlobalJob === undefined && { Slot: slot }),
        NodeID: NODE_ID,
        DesiredState: isJob ? 'complete' : 'running',
        Status: status(isJob ? 'complete' : 'running'),
      };
      this.#tasks.set(task.ID, task);
    }
  }

  #taskChosen(task: SwarmTask, filters: Filters): boolean {
    const { ServiceID, NodeID = '', DesiredState } = task;
    const service = this.#services.get(ServiceID);
    const isCurrent = service !== undefined && same(task.Spec, templateOf(service.Spec));
    return (
      within(filters['service'], ServiceID, service?.Spec.Name ?? '') &&
      within(filters['node'], NodeID, NODE.Description.Hostname) &&
      within(filters['desired-state'], DesiredState) &&
      within(filters['_up-to-date'], String(isCurrent)) &&
      within(filters['id'], task.ID)
    );
  }

  #createNetwork(given: NetworkOnCreate): unknown {
    if ([...this.#networks.values()].some(({ Name }) => Name === given.Name)) {
      return new Refusal(409, `network with name ${given.Name} already exists`);
    }
    const Id = this.#stamp().ID;
    const {
      Name,
      Driver,
      Internal = false,
      Attachable = false,
      Options = {},
      Labels = {},
      EnableIPv6 = false,
    } = given;
    const IPAM = { Driver: given.IPAM?.Driver ?? 'default', Options: null, Config: given.IPAM?.Config ?? [] };
    const network = {
      Id,
      Name,
      Driver,
      Scope: 'swarm',
      Internal,
      Attachable,
      Ingress: false,
      Options,
      Labels,
    };
    this.#networks.set(Id, { ...network, EnableIPv6, IPAM });
    return { Id, Warning: '' };
  }

  #removeNetwork(id: string): unknown {
    const user = [...this.#services.values()].find(({ Spec }) =>
      Spec.TaskTemplate.Networks?.some(({ Target }) => Target === id),
    );
    if (user !== undefined) return new Refusal(400, `network ${id} is in use by service ${user.ID}`);
    return this.#networks.delete(id) ? undefined : new Refusal(404, `network ${id} not found`);
  }

  #listObjects(kind: Kind, filters: Filters): KeptObject[] {
    return [...this.#objects[kind].values()].filter(({ ID, Spec }) =>
      chosen(filters, ID, Spec.Name, Spec.Labels),
    );
  }

  /** A secret's data never comes out again. */
  #createObject(kind: Kind, { Data, ...given }: KeptObject['Spec']): unknown {
    if ([...this.#objects[kind].values()].some(({ Spec }) => Spec.Name === given.Name)) {
      return new Refusal(409, `rpc error: code = AlreadyExists desc = ${kind} ${given.Name} already exists`);
    }
    const Spec = { ...given, ...(kind === 'config' && Data !== undefined && { Data }) };
    const object = { ...this.#stamp(), Spec };
    this.#objects[kind].set(object.ID, object);
    return { ID: object.ID };
  }

  #updateObject(kind: Kind, id: string, version: number, { Labels }: KeptObject['Spec']): unknown {
    const object = this.#objects[kind].get(id);
    if (object === undefined) return new Refusal(404, `${kind} ${id} not found`);
    if (object.Version.Index !== version) return new Refusal(500, OUT_OF_SEQUENCE);
    this.#objects[kind].set(id, { ...object, ...this.#touched(), Spec: { ...object.Spec, Labels } });
    return {};
  }

  #removeObject(kind: Kind, id: string): unknown {
    const user = [...this.#services.values()].find(
      ({
        Spec: {
          TaskTemplate: { ContainerSpec: container },
        },
      }) =>
        kind === 'secret'
          ? container?.Secrets?.some(({ SecretID }) => SecretID === id)
          : container?.Configs?.some(({ ConfigID }) => ConfigID === id),
    );
    const name = this.#objects[kind].get(id)?.Spec.Name ?? id;
    if (user !== undefined) {
      return new Refusal(
        400,
        `rpc error: code = InvalidArgument desc = ${kind} '${name}' is in use by the following service: ${user.Spec.Name}`,
      );
    }
    return this.#objects[kind].delete(id) ? undefined : new Refusal(404, `${kind} ${id} not found`);
  }

  #stamp() {
    return { ID: `id${(++this.#ids).toString().padStart(23, '0')}`, CreatedAt: time(), ...this.#touched() };
  }

  #touched() {
    return { Version: { Index: ++this.#index }, UpdatedAt: time() };
  }
}

const OUT_OF_SEQUENCE = 'rpc error: code = Unknown desc = update out of sequence';

const INFO = {
  ID: 'FAKE',
  Name: 'node1',
  ServerVersion: '20.10.24',
  NCPU: 2,
  MemTotal: 8e9,
  Swarm: {
    NodeID: NODE_ID,
    LocalNodeState: 'active',
    ControlAvailable: true,
    Nodes: 1,
    Managers: 1,
    Cluster: { ID: 'cluster1' },
  },
};

const NODE = {
  ID: NODE_ID,
  Version: { Index: 9 },
  Spec: { Role: 'manager', Availability: 'active', Labels: {} },
  Description: {
    Hostname: 'node1',
    Platform: { Architecture: 'x86_64', OS: 'linux' },
    Resources: { NanoCPUs: 2e9, MemoryBytes: 8e9 },
    Engine: { EngineVersion: '20.10.24' },
  },
  Status: { State: 'ready', Addr: '127.0.0.1' },
  ManagerStatus: { Leader: true, Reachability: 'reachable', Addr: '127.0.0.1:2377' },
};

function status(State: SwarmTask['Status']['State']): SwarmTask['Status'] {
  return { Timestamp: time(), State, ContainerStatus: { ContainerID: 'c', PID: 1, ExitCode: 0 } };
}

function time(): string {
  return new Date().toISOString();
}

/** A task does not say what runs it. */
function templateOf({ TaskTemplate: { Runtime: _, ...template } }: ServiceSpec): TaskSpec {
  return template;
}

function same(a: TaskSpec, b: TaskSpec): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The values of one filter are alternatives. */
function within(filter: Filters[string] | undefined, ...values: string[]): boolean {
  if (filter === undefined) return true;
  const wanted = Array.isArray(filter) ? filter : Object.keys(filter);
  return wanted.some((one) => values.includes(one));
}

/** All labels that are asked for must be there; a name is what a name begins with. */
function chosen(filters: Filters, id: string, name: string, labels: Record<string, string>): boolean {
  const wanted = (key: string) => {
    const filter = filters[key] ?? [];
    return Array.isArray(filter) ? filter : Object.keys(filter);
  };
  const hasLabel = (one: string) => {
    const at = one.indexOf('=');
    return at < 0 ? Object.hasOwn(labels, one) : labels[one.slice(0, at)] === one.slice(at + 1);
  };
  const names = wanted('name');
  return (
    wanted('label').every(hasLabel) &&
    within(filters['id'], id) &&
    (names.length === 0 || names.some((prefix) => name.startsWith(prefix)))
  );
}
