/** The Engine port on dockerode. One private method makes every call, so that deadlines and errors are the same. */

import type { IncomingMessage } from 'node:http';
import { addAbortSignal } from 'node:stream';
import Docker from 'dockerode';
import type { Endpoint } from './endpoint.js';
import {
  EngineError,
  type CallOptions,
  type Engine,
  type Filters,
  type LogLine,
  type LogOptions,
  type RegistryImage,
  type WriteOptions,
} from './engine.js';
import { KeptList } from './kept-list.js';
import { readLines, readLogLines, readOutput } from './streams.js';
import { getThroughOneBuffer } from './through-one-buffer.js';
import { translateError } from './translate-error.js';
import type {
  ContainerState,
  ContainerStats,
  EngineEvent,
  EngineInfo,
  ServiceSpec,
  SwarmConfig,
  SwarmNetwork,
  SwarmNode,
  SwarmSecret,
  SwarmService,
  SwarmTask,
  TaskSpec,
} from './objects.js';
import { dockerOptions } from './connection.js';

/** Longest wait for an answer that is not a stream. */
const CALL_TIMEOUT_MS = 30_000;
/** of tasks, kept to be shared */
const MOST_SPECS = 10_000;

interface Request {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  query?: Record<string, unknown>;
  body?: unknown;
  options?: WriteOptions | undefined;
}

/** What docker-modem's dial takes; its own types leave most of it out. */
interface Dial {
  dial(
    request: {
      path: string;
      method: string;
      options: { _query: Record<string, unknown>; _body?: unknown };
      authconfig?: { base64: string };
      statusCodes: Record<number, boolean | string>;
      isStream?: boolean;
      abortSignal?: AbortSignal;
    },
    done: (error: unknown, answer: unknown) => void,
  ): void;
}

export function connectEngine(endpoint: Endpoint): Engine {
  return new DockerodeEngine(endpoint);
}

class DockerodeEngine implements Engine {
  readonly address: string;
  readonly local: boolean;
  readonly #socketPath: string | null;
  readonly #modem: Dial;
  readonly #tasks = new KeptList<SwarmTask>(keptOfTasks());
  readonly #services = new KeptList<SwarmService>();

  constructor(endpoint: Endpoint) {
    this.address = endpoint.address;
    this.local = endpoint.kind === 'unix';
    this.#socketPath = endpoint.kind === 'unix' ? endpoint.socketPath : null;
    this.#modem = new Docker(dockerOptions(endpoint)).modem;
  }

  info(options?: CallOptions): Promise<EngineInfo> {
    return this.#call({ method: 'GET', path: '/info', options });
  }

  async version(options?: CallOptions) {
    const answer = await this.#call<{ ApiVersion: string; Version: string; Os: string; Arch: string }>({
      method: 'GET',
      path: '/version',
      options,
    });
    return {
      apiVersion: answer.ApiVersion,
      engineVersion: answer.Version,
      os: answer.Os,
      arch: answer.Arch,
    };
  }

  listServices(filters?: Filters, options?: CallOptions): Promise<SwarmService[]> {
    return this.#keptList('/services', this.#services, filters, options);
  }

  inspectService(idOrName: string, options?: CallOptions): Promise<SwarmService> {
    return this.#call({ method: 'GET', path: `/services/${encodeURIComponent(idOrName)}`, options });
  }

  async createService(spec: ServiceSpec, options?: WriteOptions) {
    const answer = await this.#call<{ ID: string; Warning?: string; Warnings?: string[] | null }>({
      method: 'POST',
      path: '/services/create',
      body: spec,
      options,
    });
    return { id: answer.ID, warnings: warningsOf(answer) };
  }

  async updateService(id: string, version: number, spec: ServiceSpec, options?: WriteOptions) {
    const answer = await this.#call<{ Warnings?: string[] | null }>({
      method: 'POST',
      path: `/services/${encodeURIComponent(id)}/update`,
      query: { version },
      body: spec,
      options,
    });
    return { warnings: warningsOf(answer) };
  }

  removeService(id: string, options?: CallOptions): Promise<void> {
    return this.#remove(`/services/${encodeURIComponent(id)}`, options);
  }

  listTasks(filters?: Filters, options?: CallOptions): Promise<SwarmTask[]> {
    return this.#keptList('/tasks', this.#tasks, filters, options);
  }

  listNodes(options?: CallOptions): Promise<SwarmNode[]> {
    return this.#list('/nodes', undefined, options);
  }

  listNetworks(filters?: Filters, options?: CallOptions): Promise<SwarmNetwork[]> {
    return this.#list('/networks', filters, options);
  }

  async createNetwork(spec: Parameters<Engine['createNetwork']>[0], options?: CallOptions) {
    const answer = await this.#call<{ Id: string }>({
      method: 'POST',
      path: '/networks/create',
      body: { CheckDuplicate: true, ...spec },
      options,
    });
    return { id: answer.Id };
  }

  inspectNetwork(idOrName: string, options?: CallOptions): Promise<SwarmNetwork> {
    return this.#call({ method: 'GET', path: `/networks/${encodeURIComponent(idOrName)}`, options });
  }

  removeNetwork(id: string, options?: CallOptions): Promise<void> {
    return this.#remove(`/networks/${encodeURIComponent(id)}`, options);
  }

  listSecrets(filters?: Filters, options?: CallOptions): Promise<SwarmSecret[]> {
    return this.#list('/secrets', filters, options);
  }

  async createSecret(spec: Parameters<Engine['createSecret']>[0], options?: CallOptions) {
    const answer = await this.#call<{ ID: string }>({
      method: 'POST',
      path: '/secrets/create',
      body: spec,
      options,
    });
    return { id: answer.ID };
  }

  async updateSecret(
    id: string,
    version: number,
    spec: Parameters<Engine['updateSecret']>[2],
    options?: CallOptions,
  ): Promise<void> {
    await this.#call({
      method: 'POST',
      path: `/secrets/${encodeURIComponent(id)}/update`,
      query: { version },
      body: spec,
      options,
    });
  }

  removeSecret(id: string, options?: CallOptions): Promise<void> {
    return this.#remove(`/secrets/${encodeURIComponent(id)}`, options);
  }

  listConfigs(filters?: Filters, options?: CallOptions): Promise<SwarmConfig[]> {
    return this.#list('/configs', filters, options);
  }

  async createConfig(spec: Parameters<Engine['createConfig']>[0], options?: CallOptions) {
    const answer = await this.#call<{ ID: string }>({
      method: 'POST',
      path: '/configs/create',
      body: spec,
      options,
    });
    return { id: answer.ID };
  }

  async updateConfig(
    id: string,
    version: number,
    spec: Parameters<Engine['updateConfig']>[2],
    options?: CallOptions,
  ): Promise<void> {
    await this.#call({
      method: 'POST',
      path: `/configs/${encodeURIComponent(id)}/update`,
      query: { version },
      body: spec,
      options,
    });
  }

  removeConfig(id: string, options?: CallOptions): Promise<void> {
    return this.#remove(`/configs/${encodeURIComponent(id)}`, options);
  }

  async listVolumes(filters?: Filters, options?: CallOptions) {
    const answer = await this.#call<{
      Volumes: { Name: string; Labels: Record<string, string> | null }[] | null;
    }>({ method: 'GET', path: '/volumes', query: filterQuery(filters), options });
    return (answer.Volumes ?? []).map(({ Name, Labels }) => ({ Name, Labels: Labels ?? {} }));
  }

  removeVolume(name: string, options?: CallOptions): Promise<void> {
    return this.#remove(`/volumes/${encodeURIComponent(name)}`, options);
  }

  containerStats(id: string, options?: CallOptions & { oneShot?: boolean }): Promise<ContainerStats> {
    return this.#call({
      method: 'GET',
      path: `/containers/${encodeURIComponent(id)}/stats`,
      query: { stream: false, ...(options?.oneShot === true && { 'one-shot': true }) },
      options,
    });
  }

  async containerState(id: string, options?: CallOptions): Promise<ContainerState> {
    const answer = await this.#call<{ State: ContainerState }>({
      method: 'GET',
      path: `/containers/${encodeURIComponent(id)}/json`,
      options,
    });
    return answer.State;
  }

  async listContainers(filters?: Filters, options?: CallOptions) {
    const answer = await this.#call<unknown>({
      method: 'GET',
      path: '/containers/json',
      query: { all: true, ...filterQuery(filters) },
      options,
    });
    return listOf<{ Id: string; State: string; Labels: Record<string, string> }>(answer).map(
      ({ Id, State, Labels }) => ({ Id, State, Labels }),
    );
  }

  async removeContainer(id: string, options?: CallOptions): Promise<void> {
    await this.#call({
      method: 'DELETE',
      path: `/containers/${encodeURIComponent(id)}`,
      query: { force: true },
      options,
    });
  }

  async containerExec(
    id: string,
    command: readonly string[],
    options?: CallOptions & { env?: readonly string[] },
  ) {
    const { Id } = await this.#call<{ Id: string }>({
      method: 'POST',
      path: `/containers/${encodeURIComponent(id)}/exec`,
      body: { AttachStdout: true, AttachStderr: true, Cmd: command, Env: options?.env ?? [] },
      options,
    });
    const stream = await this.#stream({
      method: 'POST',
      path: `/exec/${Id}/start`,
      body: { Detach: false, Tty: false },
      options,
    });
    let output;
    try {
      output = await readOutput(stream);
    } catch (error) {
      throw this.#translate(error, options?.signal);
    }
    const { ExitCode } = await this.#call<{ ExitCode: number | null }>({
      method: 'GET',
      path: `/exec/${Id}/json`,
      options,
    });
    return { exitCode: ExitCode ?? -1, ...output };
  }

  async imageInRegistry(reference: string, options?: WriteOptions): Promise<RegistryImage | null> {
    try {
      const answer = await this.#call<{
        Descriptor?: { digest?: string };
        Platforms?: { architecture?: string; os?: string }[] | null;
      }>({ method: 'GET', path: `/distribution/${reference}/json`, options });
      const digest = answer.Descriptor?.digest;
      if (digest === undefined) return null;
      const platforms = (answer.Platforms ?? []).map(({ architecture = '', os = '' }) => ({
        Architecture: architecture,
        OS: os,
      }));
      return { digest, platforms };
    } catch (error) {
      if (error instanceof EngineError && error.statusCode !== undefined) return null;
      throw error;
    }
  }

  serviceLogs(serviceId: string, options?: LogOptions): AsyncIterable<LogLine> {
    return this.#logs(`/services/${encodeURIComponent(serviceId)}/logs`, options);
  }

  taskLogs(taskId: string, options?: LogOptions): AsyncIterable<LogLine> {
    return this.#logs(`/tasks/${encodeURIComponent(taskId)}/logs`, options);
  }

  async *events(filters: Filters, options?: CallOptions): AsyncIterable<EngineEvent> {
    const stream = await this.#stream({
      method: 'GET',
      path: '/events',
      query: filterQuery(filters),
      options,
    });
    try {
      for await (const line of readLines(stream)) {
        if (line !== '') yield JSON.parse(line) as EngineEvent;
      }
    } catch (error) {
      throw this.#translate(error, options?.signal);
    }
  }

  async *#logs(path: string, options: LogOptions = {}): AsyncIterable<LogLine> {
    const stream = await this.#stream({
      method: 'GET',
      path,
      query: {
        stdout: true,
        stderr: true,
        timestamps: true,
        details: true,
        ...(options.follow === true && { follow: true }),
        ...(options.tail !== undefined && { tail: options.tail }),
        ...(options.since !== undefined && { since: options.since }),
      },
      options,
    });
    try {
      yield* readLogLines(stream);
    } catch (error) {
      throw this.#translate(error, options.signal);
    }
  }

  #list<T>(path: string, filters: Filters | undefined, options: CallOptions | undefined): Promise<T[]> {
    return this.#call<unknown>({ method: 'GET', path, query: filterQuery(filters), options }).then((found) =>
      listOf<T>(found),
    );
  }

  async #keptList<T>(
    path: string,
    list: KeptList<T>,
    filters: Filters | undefined,
    options: CallOptions | undefined,
  ): Promise<T[]> {
    const signal = withDeadline(options?.signal);
    const query = filterQuery(filters);
    try {
      signal.throwIfAborted();
      if (this.#socketPath !== null) {
        const reading = list.begin();
        const search = filters === undefined ? '' : `?filters=${encodeURIComponent(JSON.stringify(filters))}`;
        const get = { socketPath: this.#socketPath, path: `${path}${search}`, signal };
        if (await getThroughOneBuffer({ ...get, take: reading.take })) return reading.end();
      }
      const answer = await this.#stream({ method: 'GET', path, query, options: { signal } });
      return await list.read(addAbortSignal(signal, answer));
    } catch (error) {
      throw this.#translate(error, signal);
    }
  }

  async #remove(path: string, options: CallOptions | undefined): Promise<void> {
    await this.#call({ method: 'DELETE', path, options });
  }

  async #call<T>(request: Request): Promise<T> {
    return (await this.#dial(request, false, withDeadline(request.options?.signal))) as T;
  }

  async #stream(request: Request): Promise<IncomingMessage> {
    return (await this.#dial(request, true, request.options?.signal)) as IncomingMessage;
  }

  /** A connection that we cut ourselves breaks in many ways; the reason to cut it is what counts. */
  #translate(error: unknown, signal: AbortSignal | undefined): EngineError {
    return translateError(signal?.aborted === true ? signal.reason : error, this.address);
  }

  #dial(request: Request, isStream: boolean, signal: AbortSignal | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(translateError(signal.reason, this.address));
        return;
      }
      const auth = request.options?.registryAuth;
      this.#modem.dial(
        {
          path: `${request.path}?`,
          method: request.method,
          options: {
            _query: request.query ?? {},
            ...(request.body !== undefined && { _body: request.body }),
          },
          statusCodes: { 200: true, 201: true, 204: true, 304: true },
          isStream,
          ...(auth !== undefined && { authconfig: { base64: auth } }),
          ...(signal !== undefined && { abortSignal: signal }),
        },
        (error, answer) => {
          if (error === null || error === undefined) resolve(answer);
          else reject(this.#translate(error, signal));
        },
      );
    });
  }
}

function withDeadline(signal: AbortSignal | undefined): AbortSignal {
  const deadline = AbortSignal.timeout(CALL_TIMEOUT_MS);
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
}

/** The Engine answers `null` for "none" on some releases, which docker-modem hands on as the bytes it read. */
function listOf<T>(answer: unknown): T[] {
  return Array.isArray(answer) ? (answer as T[]) : [];
}

function filterQuery(filters: Filters | undefined): Record<string, unknown> {
  return filters === undefined ? {} : { filters };
}

/**
 * Of each task what is worth keeping: not what is known of its networks, which is half of it and for which nobody here
 * asks; and the specification is one object for all tasks of a service that have the same.
 */
function keptOfTasks(): (task: SwarmTask) => SwarmTask {
  const specs = new Map<string, { spec: TaskSpec; text: string }>();
  return (task: SwarmTask & { NetworksAttachments?: unknown }) => {
    const { NetworksAttachments: _, ...rest } = task;
    const text = JSON.stringify(task.Spec);
    const last = specs.get(task.ServiceID);
    if (last !== undefined && last.text === text) return { ...rest, Spec: last.spec };
    // Of services that come and go for months, too.
    if (specs.size >= MOST_SPECS) specs.clear();
    specs.set(task.ServiceID, { spec: task.Spec, text });
    return rest;
  };
}

function warningsOf(answer: { Warning?: string; Warnings?: string[] | null }): string[] {
  return [
    ...(answer.Warnings ?? []),
    ...(answer.Warning === undefined || answer.Warning === '' ? [] : [answer.Warning]),
  ];
}
