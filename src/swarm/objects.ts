/**
 * The parts of the Engine API's objects that scalectl reads and writes, in the Engine's own spelling, so that a
 * value can be sent back as it came. Durations are nanoseconds, sizes are bytes, CPU is in NanoCPUs (1e9 = one core).
 */

export interface Version {
  Index: number;
}

export interface Resources {
  NanoCPUs?: number;
  MemoryBytes?: number;
}

export interface GenericResource {
  DiscreteResourceSpec?: { Kind?: string; Value?: number };
  NamedResourceSpec?: { Kind?: string; Value?: string };
}

export interface ContainerSpec {
  Image?: string;
  Labels?: Record<string, string>;
  Command?: string[];
  Args?: string[];
  Hostname?: string;
  Env?: string[];
  Dir?: string;
  User?: string;
  Groups?: string[];
  Privileges?: {
    CredentialSpec?: { Config: string; File: string; Registry: string } | null;
    SELinuxContext?: unknown;
  };
  TTY?: boolean;
  OpenStdin?: boolean;
  ReadOnly?: boolean;
  Mounts?: Mount[];
  StopSignal?: string;
  StopGracePeriod?: number;
  Healthcheck?: Healthcheck;
  Hosts?: string[];
  DNSConfig?: { Nameservers?: string[]; Search?: string[]; Options?: string[] };
  Secrets?: SecretReference[];
  Configs?: ConfigReference[];
  Isolation?: string;
  Init?: boolean;
  Sysctls?: Record<string, string>;
  CapabilityAdd?: string[];
  CapabilityDrop?: string[];
  Ulimits?: { Name: string; Soft: number; Hard: number }[];
}

export interface Mount {
  Type: string;
  Source?: string;
  Target: string;
  ReadOnly?: boolean;
  Consistency?: string;
  BindOptions?: { Propagation?: string };
  VolumeOptions?: {
    NoCopy?: boolean;
    Labels?: Record<string, string>;
    Subpath?: string;
    DriverConfig?: { Name?: string; Options?: Record<string, string> };
  };
  TmpfsOptions?: { SizeBytes?: number; Mode?: number };
  ImageOptions?: { Subpath?: string };
  ClusterOptions?: Record<string, never>;
}

export interface Healthcheck {
  Test?: string[];
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
}

export interface FileTarget {
  Name: string;
  UID: string;
  GID: string;
  Mode: number;
}

export interface SecretReference {
  File: FileTarget;
  SecretID: string;
  SecretName: string;
}

export interface ConfigReference {
  /** where it is mounted */
  File?: FileTarget;
  /** in its place: for the Engine's own use, as a credential spec */
  Runtime?: Record<string, never>;
  ConfigID: string;
  ConfigName: string;
}

export interface RestartPolicy {
  Condition?: 'none' | 'on-failure' | 'any';
  Delay?: number;
  MaxAttempts?: number;
  Window?: number;
}

export interface Placement {
  Constraints?: string[];
  Preferences?: { Spread: { SpreadDescriptor: string } }[];
  MaxReplicas?: number;
  Platforms?: { Architecture?: string; OS?: string }[];
}

export interface NetworkAttachment {
  Target: string;
  Aliases?: string[];
  DriverOpts?: Record<string, string>;
}

export interface TaskSpec {
  ContainerSpec?: ContainerSpec;
  Resources?: {
    Limits?: Resources & { Pids?: number };
    Reservations?: Resources & { GenericResources?: GenericResource[] };
  };
  RestartPolicy?: RestartPolicy;
  Placement?: Placement;
  Networks?: NetworkAttachment[];
  LogDriver?: { Name?: string; Options?: Record<string, string> };
  ForceUpdate?: number;
  Runtime?: string;
}

export interface UpdateConfig {
  Parallelism: number;
  Delay?: number;
  FailureAction?: 'pause' | 'continue' | 'rollback';
  Monitor?: number;
  MaxFailureRatio?: number;
  Order?: 'stop-first' | 'start-first';
}

export interface ServiceMode {
  Replicated?: { Replicas?: number };
  Global?: Record<string, never>;
  ReplicatedJob?: { MaxConcurrent?: number; TotalCompletions?: number };
  GlobalJob?: Record<string, never>;
}

export interface PortConfig {
  Protocol: 'tcp' | 'udp' | 'sctp';
  TargetPort: number;
  PublishedPort?: number;
  PublishMode: 'ingress' | 'host';
}

export interface ServiceSpec {
  Name: string;
  Labels: Record<string, string>;
  TaskTemplate: TaskSpec;
  Mode: ServiceMode;
  UpdateConfig?: UpdateConfig;
  RollbackConfig?: UpdateConfig;
  EndpointSpec?: { Mode?: 'vip' | 'dnsrr'; Ports?: PortConfig[] };
}

export type UpdateState =
  'updating' | 'paused' | 'completed' | 'rollback_started' | 'rollback_paused' | 'rollback_completed';

export interface SwarmService {
  ID: string;
  Version: Version;
  CreatedAt: string;
  UpdatedAt: string;
  Spec: ServiceSpec;
  PreviousSpec?: ServiceSpec;
  UpdateStatus?: { State?: UpdateState; StartedAt?: string; CompletedAt?: string; Message?: string };
  /** of a job: how often it was started anew; an absent index is 0 */
  JobStatus?: { JobIteration?: Version | Record<string, never>; LastExecution?: string };
}

export type TaskState =
  | 'new'
  | 'allocated'
  | 'pending'
  | 'assigned'
  | 'accepted'
  | 'preparing'
  | 'ready'
  | 'starting'
  | 'running'
  | 'complete'
  | 'shutdown'
  | 'failed'
  | 'rejected'
  | 'remove'
  | 'orphaned';

export interface SwarmTask {
  ID: string;
  Version: Version;
  CreatedAt: string;
  UpdatedAt: string;
  Spec: TaskSpec;
  ServiceID: string;
  Slot?: number;
  NodeID?: string;
  DesiredState: TaskState;
  /** of a job's task: which start of the job it belongs to; an absent index is 0 */
  JobIteration?: Version | Record<string, never>;
  Status: {
    Timestamp: string;
    State: TaskState;
    Message?: string;
    Err?: string;
    ContainerStatus?: { ContainerID?: string; PID?: number; ExitCode?: number };
  };
}

export interface SwarmNode {
  ID: string;
  Spec: {
    Role: 'manager' | 'worker';
    Availability: 'active' | 'pause' | 'drain';
    Labels?: Record<string, string>;
  };
  Description: {
    Hostname: string;
    Platform?: { Architecture?: string; OS?: string };
    Resources?: Resources;
    Engine?: { EngineVersion?: string; Labels?: Record<string, string> };
  };
  Status: { State: 'unknown' | 'down' | 'ready' | 'disconnected'; Addr?: string; Message?: string };
  ManagerStatus?: { Leader?: boolean; Reachability?: string; Addr?: string };
}

export interface SecretSpec {
  Name: string;
  Labels?: Record<string, string>;
  Templating?: { Name: string };
  /** what holds the content in the Engine's place */
  Driver?: { Name: string; Options?: Record<string, string> };
}

export interface ConfigSpec {
  Name: string;
  Labels?: Record<string, string>;
  /** base64 */
  Data?: string;
  Templating?: { Name: string };
}

export interface SwarmSecret {
  ID: string;
  Version: Version;
  CreatedAt: string;
  Spec: SecretSpec;
}

export interface SwarmConfig {
  ID: string;
  Version: Version;
  CreatedAt: string;
  Spec: ConfigSpec;
}

export interface SwarmNetwork {
  Id: string;
  Name: string;
  Driver: string;
  Scope: string;
  Attachable?: boolean;
  Internal?: boolean;
  Labels?: Record<string, string>;
  /** null until a manager has allocated it */
  Options?: Record<string, string> | null;
  EnableIPv6?: boolean;
  IPAM?: {
    Driver?: string;
    Options?: Record<string, string> | null;
    Config?: { Subnet?: string; Gateway?: string; IPRange?: string }[] | null;
  };
}

/** What a network is made from. */
export interface NetworkSpec {
  Name: string;
  Driver: string;
  Attachable?: boolean;
  Internal?: boolean;
  EnableIPv4?: boolean;
  EnableIPv6?: boolean;
  Labels: Record<string, string>;
  Options?: Record<string, string>;
  IPAM?: {
    Driver?: string;
    Options?: Record<string, string>;
    Config?: {
      Subnet?: string;
      Gateway?: string;
      IPRange?: string;
      AuxiliaryAddresses?: Record<string, string>;
    }[];
  };
}

/** What one `stats` answer says about one container. Counters since its start, in the Engine's units. */
export interface ContainerStats {
  read: string;
  cpu_stats: {
    cpu_usage: { total_usage: number; percpu_usage?: number[] | null };
    system_cpu_usage?: number;
    online_cpus?: number;
    throttling_data?: { periods: number; throttled_periods: number; throttled_time: number };
  };
  memory_stats: { usage?: number; limit?: number; stats?: Record<string, number> };
}

/** What an Engine knows of one of its own containers, as far as its end is concerned. */
export interface ContainerState {
  OOMKilled?: boolean;
  ExitCode?: number;
  Error?: string;
  Health?: { Status?: string; Log?: { ExitCode?: number; Output?: string }[] | null } | null;
}

export interface EngineInfo {
  ID: string;
  Name: string;
  ServerVersion: string;
  NCPU: number;
  MemTotal: number;
  CgroupVersion?: string;
  CgroupDriver?: string;
  /** the machine's own clock, RFC 3339 */
  SystemTime?: string;
  Swarm: {
    NodeID: string;
    LocalNodeState: 'inactive' | 'pending' | 'active' | 'error' | 'locked';
    ControlAvailable: boolean;
    Error?: string;
    Nodes?: number;
    Managers?: number;
    Cluster?: { ID: string } | null;
  };
  Warnings?: string[] | null;
}

export interface EngineEvent {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes?: Record<string, string> };
  time: number;
}

/** Whether the service's own specification has a health check. One that the image brings is not seen here. */
export function hasHealthcheck(service: SwarmService): boolean {
  const [kind] = service.Spec.TaskTemplate.ContainerSpec?.Healthcheck?.Test ?? [];
  return kind !== undefined && kind !== 'NONE';
}
