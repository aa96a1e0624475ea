/**
 * The port to a Docker Engine. Consumers ask for the narrow interface they need; `dockerode.ts` implements all of
 * them. Every call takes an optional AbortSignal and fails with `EngineError`.
 */

import { FailedError } from '../errors.js';
import type {
  ConfigSpec,
  ContainerState,
  ContainerStats,
  EngineEvent,
  EngineInfo,
  SecretSpec,
  ServiceSpec,
  SwarmConfig,
  SwarmNetwork,
  SwarmNode,
  SwarmSecret,
  SwarmService,
  SwarmTask,
} from './objects.js';

/**
 * - `unreachable`: no answer from the Engine at all (socket absent, refused, host unknown, call timed out)
 * - `denied`: the socket is there and this user may not open it
 * - `not-manager`: the Engine answered and is not a Swarm manager
 * - `conflict`: a name is taken, or an update was "out of sequence" (see `isOutOfSequence`)
 */
export type EngineErrorKind =
  | 'unreachable'
  | 'denied'
  | 'not-manager'
  | 'not-found'
  | 'conflict'
  | 'out-of-sequence'
  | 'bad-request'
  | 'aborted'
  | 'other';

export class EngineError extends FailedError {
  constructor(
    readonly kind: EngineErrorKind,
    message: string,
    details: { hint?: string; statusCode?: number; cause?: unknown } = {},
  ) {
    super(message, details);
    this.statusCode = details.statusCode;
  }
  readonly statusCode: number | undefined;
}

export function isEngineError(error: unknown, kind: EngineErrorKind): error is EngineError {
  return error instanceof EngineError && error.kind === kind;
}

export interface CallOptions {
  signal?: AbortSignal;
}

export interface WriteOptions extends CallOptions {
  /** how nodes show a registry that they may pull, as the header X-Registry-Auth has it; the Engine keeps it */
  registryAuth?: string | undefined;
}

/** Engine filters: every key is a list, the values of one key are alternatives. */
export type Filters = Record<string, string[]>;

export interface InfoReader {
  info(options?: CallOptions): Promise<EngineInfo>;
  /** API version the Engine offers, e.g. `1.41`, and its release, e.g. `20.10.24`. */
  version(
    options?: CallOptions,
  ): Promise<{ apiVersion: string; engineVersion: string; os: string; arch: string }>;
}

export interface ServiceReader {
  /** What has not changed between two lists may be the same object in both: nobody changes one. */
  listServices(filters?: Filters, options?: CallOptions): Promise<SwarmService[]>;
  inspectService(idOrName: string, options?: CallOptions): Promise<SwarmService>;
}

export interface ServiceWriter {
  createService(spec: ServiceSpec, options?: WriteOptions): Promise<{ id: string; warnings: string[] }>;
  /** Fails with kind `out-of-sequence` when `version` is not the service's present one. */
  updateService(
    id: string,
    version: number,
    spec: ServiceSpec,
    options?: WriteOptions,
  ): Promise<{ warnings: string[] }>;
  removeService(id: string, options?: CallOptions): Promise<void>;
}

export interface TaskReader {
  /** As with services. */
  listTasks(filters?: Filters, options?: CallOptions): Promise<SwarmTask[]>;
}

export interface NodeReader {
  listNodes(options?: CallOptions): Promise<SwarmNode[]>;
}

export interface NetworkStore {
  listNetworks(filters?: Filters, options?: CallOptions): Promise<SwarmNetwork[]>;
  createNetwork(
    spec: {
      Name: string;
      Driver: string;
      Attachable?: boolean;
      Internal?: boolean;
      Labels?: Record<string, string>;
      Options?: Record<string, string>;
      IPAM?: { Driver?: string; Config?: { Subnet?: string }[] };
    },
    options?: CallOptions,
  ): Promise<{ id: string }>;
  /** Also finds what no list shows: the Swarm's own host and bridge. */
  inspectNetwork(idOrName: string, options?: CallOptions): Promise<SwarmNetwork>;
  removeNetwork(id: string, options?: CallOptions): Promise<void>;
}

export interface SecretStore {
  listSecrets(filters?: Filters, options?: CallOptions): Promise<SwarmSecret[]>;
  createSecret(spec: SecretSpec & { Data?: string }, options?: CallOptions): Promise<{ id: string }>;
  /** Swarm lets labels change and nothing else. */
  updateSecret(id: string, version: number, spec: SecretSpec, options?: CallOptions): Promise<void>;
  removeSecret(id: string, options?: CallOptions): Promise<void>;
}

export interface ConfigStore {
  listConfigs(filters?: Filters, options?: CallOptions): Promise<SwarmConfig[]>;
  createConfig(spec: ConfigSpec, options?: CallOptions): Promise<{ id: string }>;
  /** Swarm lets labels change and nothing else. */
  updateConfig(id: string, version: number, spec: ConfigSpec, options?: CallOptions): Promise<void>;
  removeConfig(id: string, options?: CallOptions): Promise<void>;
}

export interface VolumeStore {
  /** Volumes of this Engine's node only: the API knows no others. */
  listVolumes(
    filters?: Filters,
    options?: CallOptions,
  ): Promise<{ Name: string; Labels: Record<string, string> }[]>;
  removeVolume(name: string, options?: CallOptions): Promise<void>;
}

export interface ContainerReader {
  /**
   * One reading of one container on this Engine's own node. `oneShot` skips the wait for a second reading
   * (API 1.41; an Engine older than 23 still waits for its next one-second tick).
   */
  containerStats(id: string, options?: CallOptions & { oneShot?: boolean }): Promise<ContainerStats>;
  /** Containers on this Engine's own node. */
  listContainers(
    filters?: Filters,
    options?: CallOptions,
  ): Promise<{ Id: string; State: string; Labels: Record<string, string> }[]>;
}

export interface ContainerRemover {
  /** Ends and removes a container on this Engine's own node. */
  removeContainer(id: string, options?: CallOptions): Promise<void>;
}

export interface ContainerInspector {
  /** Of a container on this Engine's own node; one that is gone or elsewhere fails with kind `not-found`. */
  containerState(id: string, options?: CallOptions): Promise<ContainerState>;
}

export interface ContainerExecutor {
  /**
   * Runs a command in a running container on this Engine's own node, and resolves when it has ended. What it writes
   * is cut off at 16 MiB. One that is gone or elsewhere fails with kind `not-found`.
   */
  containerExec(
    id: string,
    command: readonly string[],
    options?: CallOptions & { env?: readonly string[] },
  ): Promise<{ exitCode: number; stdout: string; stderr: string }>;
}

/** What a registry has under an image reference. */
export interface RegistryImage {
  digest: string;
  platforms: { Architecture: string; OS: string }[];
}

export interface ImageReader {
  /** null where no registry answers for it */
  imageInRegistry(reference: string, options?: WriteOptions): Promise<RegistryImage | null>;
}

export interface LogLine {
  stream: 'stdout' | 'stderr';
  /** Swarm task the line came from, where the Engine says so */
  taskId: string | null;
  nodeId: string | null;
  timestamp: string | null;
  text: string;
}

export interface LogOptions extends CallOptions {
  follow?: boolean;
  /** number of lines from the end; all when absent */
  tail?: number;
  /** RFC 3339 time or Unix seconds */
  since?: string;
}

export interface LogReader {
  serviceLogs(serviceId: string, options?: LogOptions): AsyncIterable<LogLine>;
  taskLogs(taskId: string, options?: LogOptions): AsyncIterable<LogLine>;
}

export interface EventReader {
  /** Ends when the Engine closes the stream or the signal aborts. Events are hints: re-list to know. */
  events(filters: Filters, options?: CallOptions): AsyncIterable<EngineEvent>;
}

export interface Engine
  extends
    InfoReader,
    ServiceReader,
    ServiceWriter,
    TaskReader,
    NodeReader,
    NetworkStore,
    SecretStore,
    ConfigStore,
    VolumeStore,
    ContainerReader,
    ContainerRemover,
    ContainerInspector,
    ContainerExecutor,
    ImageReader,
    LogReader,
    EventReader {
  /** How this Engine is reached, for messages: `unix:///var/run/docker.sock`. */
  readonly address: string;
  /** True where the Engine's containers may be on this very machine (a unix socket). */
  readonly local: boolean;
}
