/** What the parts of a stack say of each other: names that must be there, and keys that exclude each other. */

import { didYouMean } from '../text.js';
import type { Checking } from './check.js';
import type { ComposeFile, ComposeService } from './compose.js';
import { checkDependencies } from './dependencies.js';
import { checkEngineRules } from './engine-rules.js';
import { familiarImage } from './image.js';
import { parseRestart } from './restart.js';
import type { Path } from './source.js';

/** What Swarm takes behind the stack's name: no dot, and nothing but a letter or digit at the end. */
const NAME = /^[a-zA-Z0-9_-]*[a-zA-Z0-9]$/;

/** @param checking collects what is wrong, with places in what the files became together */
export function checkReferences(
  services: Readonly<Record<string, ComposeService>>,
  file: ComposeFile,
  checking: Checking,
): void {
  for (const [name, service] of Object.entries(services)) {
    const at: Path = ['services', name];
    if (!NAME.test(name)) {
      checking.report(
        at,
        `"${name}" is no service name`,
        'Use letters, digits, "_" and "-", and end with a letter or digit.',
      );
    }
    checkImage(service, at, checking);
    checkNetworks(service, file, at, checking);
    checkFiles(service, file, at, checking);
    checkVolumes(service, file, at, checking);
    checkContradictions(name, service, at, checking);
    checkEngineRules(service, at, checking);
  }
  checkDependencies(services, checking);
}

function checkImage({ image }: ComposeService, at: Path, checking: Checking): void {
  if (image === undefined || image === '') {
    checking.report(at, '"image" is missing', 'Add "image:" here.');
  } else if (familiarImage(image) === null) {
    checking.report(
      [...at, 'image'],
      `"${image}" is no image`,
      'Write NAME, NAME:TAG or HOST/NAME:TAG, the name in small letters.',
    );
  }
}

function lookUp(kind: string, known: object | undefined, key: string, path: Path, checking: Checking): void {
  if (known !== undefined && Object.hasOwn(known, key)) return;
  checking.report(
    path,
    `there is no ${kind} "${key}" in this file`,
    didYouMean(key, Object.keys(known ?? {})) ?? `Declare it under the top-level "${kind}s:".`,
  );
}

const PREDEFINED_NETWORKS = new Set(['host', 'bridge', 'none']);

function checkNetworks(service: ComposeService, file: ComposeFile, at: Path, checking: Checking): void {
  for (const key of Object.keys(service.networks ?? {})) {
    if (key === 'default' || (PREDEFINED_NETWORKS.has(key) && !checking.strict)) continue;
    lookUp('network', file.networks, key, [...at, 'networks', key], checking);
  }
}

function checkVolumes(service: ComposeService, file: ComposeFile, at: Path, checking: Checking): void {
  service.volumes?.forEach(({ type, source = '' }, index) => {
    const named = type === 'volume' || (type === 'cluster' && !source.startsWith('group:'));
    if (named && source !== '') lookUp('volume', file.volumes, source, [...at, 'volumes', index], checking);
  });
}

function checkFiles(service: ComposeService, file: ComposeFile, at: Path, checking: Checking): void {
  for (const kind of ['secrets', 'configs'] as const) {
    const taken = new Set<string>();
    service[kind]?.forEach(({ source = '', target }, index) => {
      const path = [...at, kind, index];
      // Without a source it was said already that one is missing.
      if (source !== '') lookUp(kind.slice(0, -1), file[kind], source, path, checking);
      const name = target === undefined || target === '' ? source : target;
      if (taken.has(name)) {
        checking.report(path, `"${name}" is the target of two`, 'Give one another "target:".');
      }
      taken.add(name);
    });
  }
  const { config, file: specFile, registry } = service.credential_spec ?? {};
  const given = Object.entries({ config, file: specFile, registry }).filter(
    ([, value]) => (value ?? '') !== '',
  );
  if (given.length > 1) {
    const [[first], [second]] = given as [[string, unknown], [string, unknown]];
    checking.report([...at, 'credential_spec'], `"${first}" and "${second}" exclude each other`, 'Keep one.');
  }
  if (config !== undefined && config !== '') {
    lookUp('config', file.configs, config, [...at, 'credential_spec', 'config'], checking);
  }
}

function checkContradictions(name: string, service: ComposeService, at: Path, checking: Checking): void {
  const { deploy = {}, healthcheck } = service;
  if (deploy.replicas !== undefined && deploy.mode?.startsWith('global') === true) {
    checking.report(
      [...at, 'deploy', 'replicas'],
      'a global service has one task per node, not a number of replicas',
      'Remove "replicas", or use "mode: replicated".',
    );
  }
  if (healthcheck?.disable === true && healthcheck.test !== undefined && healthcheck.test.length > 0) {
    checking.report(
      [...at, 'healthcheck'],
      '"disable" and "test" exclude each other',
      'Remove one of the two.',
    );
  }
  if (service.restart !== undefined) {
    const used = deploy.restart_policy === undefined;
    if (!used) {
      checking.warn([...at, 'restart'], '"restart" has no effect beside deploy.restart_policy');
    } else if (parseRestart(service.restart) === null) {
      checking.report(
        [...at, 'restart'],
        `unknown restart policy "${service.restart}"`,
        'Write always, unless-stopped, on-failure, on-failure:3 or "no"; or use deploy.restart_policy.',
      );
    } else if (service.restart === 'no') {
      checking.warn(
        [...at, 'restart'],
        '"restart: no" has no effect in a Swarm: use deploy.restart_policy with "condition: none"',
      );
    }
  }
  for (const key of Object.keys(service.labels ?? {}).filter((label) => label.startsWith('scalectl.'))) {
    checking.report(
      [...at, 'labels', key],
      'a policy belongs to the service, not to its containers',
      `Move it to services.${name}.deploy.labels.`,
    );
  }
}
