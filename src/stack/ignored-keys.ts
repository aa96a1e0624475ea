/** Keys of a service that Compose has, and that no Swarm looks at. */

import { by, flag, isRecord, listOf, orNull, setOf, text, wholeNumber, type Check } from './check.js';

/** Of docker's own format; a text says what to do instead. */
export const IGNORED = {
  build: 'build and push the image first',
  cgroup_parent: true,
  cgroupns_mode: true,
  container_name: 'Swarm names the containers',
  devices: true,
  domainname: true,
  expose: 'services of one network reach each other on every port',
  external_links: true,
  ipc: true,
  links: true,
  mac_address: true,
  network_mode: 'use networks',
  oom_score_adj: true,
  pid: true,
  privileged: true,
  security_opt: true,
  shm_size: true,
  tmpfs: 'mount one under volumes, with "type: tmpfs"',
  userns_mode: true,
} as const;

/** The same, of newer Compose formats. */
export const IGNORED_NEWER = {
  annotations: 'use labels',
  attach: true,
  blkio_config: true,
  device_cgroup_rules: true,
  develop: true,
  gpus: 'use deploy.resources.reservations.generic_resources',
  group_add: true,
  oom_kill_disable: true,
  platform: 'use deploy.placement.constraints: [node.platform.arch == …]',
  post_start: true,
  pre_stop: true,
  pull_policy: 'use --resolve-image',
  runtime: true,
  storage_opt: true,
  uts: true,
} as const;

const numberOrText: Check<unknown> = (value, path, checking) =>
  typeof value === 'number' ? value : text(value, path, checking);
const texts = setOf(text);

/** What docker's format wants of them, though nothing comes of it. */
export const IGNORED_SHAPE: Readonly<Record<string, Check<unknown>>> = {
  build: by<unknown>((value) => (isRecord(value) ? (mapping) => mapping : text)),
  cgroup_parent: text,
  cgroupns_mode: text,
  container_name: text,
  devices: texts,
  domainname: text,
  expose: setOf(numberOrText),
  external_links: texts,
  ipc: text,
  links: texts,
  mac_address: text,
  network_mode: text,
  oom_score_adj: wholeNumber(-Number.MAX_SAFE_INTEGER),
  pid: orNull(text),
  privileged: flag,
  security_opt: texts,
  shm_size: numberOrText,
  tmpfs: by<unknown>((value) => (Array.isArray(value) ? listOf(text) : text)),
  userns_mode: text,
};
