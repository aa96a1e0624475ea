/** The task template of a service: its container, and where and how often Swarm runs it. */

import type {
  ConfigReference,
  NetworkAttachment,
  Placement,
  SecretReference,
  TaskSpec,
} from '../swarm/objects.js';
import type { ComposeFile, ComposeService, FileReference } from './compose.js';
import { byCodePoints, convertContainer } from './container.js';
import { maybe } from './entries.js';
import type { LoadedStack } from './load.js';
import { convertMounts } from './mounts.js';
import { objectName } from './names.js';
import { convertResources } from './resources.js';
import { convertRestart } from './restart.js';

export interface ConvertOptions {
  stack: string;
  /** a path as written in the stack file, made absolute */
  resolvePath: (path: string) => string;
  /** secret and config keys -> names in the Swarm; contents decide the names, and reading is not done here */
  secretNames: Readonly<Record<string, string>>;
  configNames: Readonly<Record<string, string>>;
  /** what stands in for a key without a value under `environment` */
  env: Readonly<Record<string, string | undefined>>;
}

/** A service that names no network is on the stack's default one. */
export function networkKeys(service: ComposeService): string[] {
  const keys = Object.keys(service.networks ?? {});
  return keys.length === 0 ? ['default'] : keys;
}

const PREDEFINED = new Set(['host', 'bridge', 'none']);

/** Docker's own networks need no declaration. */
export function networkName(key: string, file: ComposeFile, stack: string): string {
  const declared = file.networks?.[key];
  return declared === undefined && PREDEFINED.has(key) ? key : objectName(stack, key, declared);
}

/** Not one of those that every Engine has, where a container has no name of its own. */
export function isUserDefined(network: string): boolean {
  return !PREDEFINED.has(network) && network !== 'default' && !network.startsWith('container:');
}

export function convertTask(
  key: string,
  service: ComposeService,
  { file }: LoadedStack,
  options: ConvertOptions,
): TaskSpec {
  const { stack } = options;
  return {
    ContainerSpec: {
      ...convertContainer(service, stack, options.env),
      Privileges: { ...maybe('CredentialSpec', credentialSpec(service, options)) },
      Mounts: convertMounts(service.volumes ?? [], {
        stack,
        volumes: file.volumes ?? {},
        resolvePath: options.resolvePath,
        home: options.env['HOME'],
      }),
      Secrets: convertSecrets(service, file, options),
      Configs: convertConfigs(service, file, options),
    },
    Resources: convertResources(service.deploy?.resources),
    ...maybe('RestartPolicy', convertRestart(service)),
    Placement: convertPlacement(service),
    Networks: convertAttachments(key, service, file, stack),
    ...(service.logging !== undefined && {
      LogDriver: {
        ...maybe('Name', service.logging.driver),
        ...(service.logging.options !== undefined && {
          Options: Object.fromEntries(
            Object.entries(service.logging.options).map(([option, value]) => [option, value ?? '']),
          ),
        }),
      },
    }),
  };
}

function convertPlacement({ deploy }: ComposeService): Placement {
  const { constraints, preferences, max_replicas_per_node: most = 0 } = deploy?.placement ?? {};
  return {
    ...maybe('Constraints', constraints),
    ...maybe(
      'Preferences',
      preferences?.map(({ spread = '' }) => ({ Spread: { SpreadDescriptor: spread } })),
    ),
    ...(most > 0 && { MaxReplicas: most }),
  };
}

function convertAttachments(
  key: string,
  service: ComposeService,
  file: ComposeFile,
  stack: string,
): NetworkAttachment[] {
  return networkKeys(service)
    .map((network): NetworkAttachment => {
      const { aliases = [], driver_opts } = service.networks?.[network] ?? {};
      const Target = networkName(network, file, stack);
      const names = isUserDefined(Target) ? [...aliases, key] : aliases;
      return {
        Target,
        ...(names.length > 0 && { Aliases: names }),
        ...maybe('DriverOpts', driver_opts),
      };
    })
    .sort((a, b) => byCodePoints(a.Target, b.Target));
}

/** Sorted by the names that docker gives: what scalectl adds to a name must not change the order. */
function inOrder(
  references: readonly FileReference[] | undefined,
  stack: string,
  declared: ComposeFile['secrets'],
) {
  return (references ?? [])
    .map((reference) => {
      const { source = '', target = '', uid = '', gid = '', mode = 0o444 } = reference;
      return {
        source,
        order: objectName(stack, source, declared?.[source]),
        File: {
          Name: target === '' ? source : target,
          UID: uid === '' ? '0' : uid,
          GID: gid === '' ? '0' : gid,
          Mode: mode,
        },
      };
    })
    .sort((a, b) => byCodePoints(a.order, b.order) || byCodePoints(a.File.Name, b.File.Name));
}

function convertSecrets(
  service: ComposeService,
  file: ComposeFile,
  { stack, secretNames }: ConvertOptions,
): SecretReference[] {
  return inOrder(service.secrets, stack, file.secrets).map(({ source, File }) => ({
    File,
    SecretID: '',
    SecretName: secretNames[source] ?? '',
  }));
}

function convertConfigs(
  service: ComposeService,
  file: ComposeFile,
  { stack, configNames }: ConvertOptions,
): ConfigReference[] {
  const mounted = inOrder(service.configs, stack, file.configs).map(
    ({ source, order, File }): { order: string; reference: ConfigReference } => ({
      order,
      reference: { File, ConfigID: '', ConfigName: configNames[source] ?? '' },
    }),
  );
  const source = service.credential_spec?.config ?? '';
  if (source !== '') {
    mounted.push({
      order: objectName(stack, source, file.configs?.[source]),
      reference: { Runtime: {}, ConfigID: '', ConfigName: configNames[source] ?? '' },
    });
    mounted.sort((a, b) => byCodePoints(a.order, b.order));
  }
  return mounted.map(({ reference }) => reference);
}

/** Its config is named here; the Engine wants the config's id. */
function credentialSpec({ credential_spec: declared = {} }: ComposeService, { configNames }: ConvertOptions) {
  const { config = '', file = '', registry = '' } = declared;
  if (config === '' && file === '' && registry === '') return undefined;
  return {
    Config: config === '' ? '' : (configNames[config] ?? ''),
    File: file,
    Registry: registry,
  };
}
