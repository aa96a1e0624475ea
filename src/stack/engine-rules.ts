/** What every Engine refuses of a service, said before the first write, and with its place. Source: swarmkit. */

import type { Checking } from './check.js';
import type { ComposeService } from './compose.js';
import type { Path } from './source.js';
import { PROPAGATIONS } from './volumes.js';

export function checkEngineRules(service: ComposeService, at: Path, checking: Checking): void {
  checkMounts(service, at, checking);
  checkPorts(service, at, checking);
  checkHealthTimes(service, at, checking);
  checkPlacement(service, at, checking);
  const { mode, update_config, rollback_config } = service.deploy ?? {};
  if (mode?.endsWith('-job') === true && (update_config ?? rollback_config) !== undefined) {
    const key = update_config === undefined ? 'rollback_config' : 'update_config';
    checking.report([...at, 'deploy', key], 'a job is not updated bit by bit', `Remove "${key}".`);
  }
}

function checkMounts({ volumes = [] }: ComposeService, at: Path, checking: Checking): void {
  const targets = new Set<string>();
  volumes.forEach(({ target = '', bind }, index) => {
    const path = [...at, 'volumes', index];
    if (targets.has(target)) {
      checking.report(path, `there is a mount at "${target}" already`, 'Give one of the two another target.');
    }
    targets.add(target);
    const propagation = bind?.propagation ?? '';
    if (propagation !== '' && !PROPAGATIONS.includes(propagation)) {
      checking.report(
        [...path, 'bind', 'propagation'],
        `must be one of ${PROPAGATIONS.join(', ')}, got "${propagation}"`,
      );
    }
  });
}

function checkPorts({ ports = [], deploy }: ComposeService, at: Path, checking: Checking): void {
  const taken = new Set<string>();
  for (const { published = 0, protocol = 'tcp', mode = 'ingress' } of ports) {
    const name = `${published}/${protocol}`;
    if (published !== 0 && taken.has(name)) {
      checking.report([...at, 'ports'], `port ${name} is published twice`, 'Publish it once.');
    }
    taken.add(name);
    if (deploy?.endpoint_mode === 'dnsrr' && mode === 'ingress') {
      checking.report(
        [...at, 'ports'],
        'a port in ingress mode does not go with "endpoint_mode: dnsrr"',
        'Publish it with "mode: host".',
      );
      return;
    }
  }
}

const LEAST_HEALTH_TIME_NS = 1e6;

function checkHealthTimes({ healthcheck = {} }: ComposeService, at: Path, checking: Checking): void {
  for (const key of ['interval', 'timeout', 'start_period'] as const) {
    const time = healthcheck[key] ?? 0;
    if (time === 0 || time >= LEAST_HEALTH_TIME_NS) continue;
    checking.report([...at, 'healthcheck', key], 'must be at least 1ms', 'Write "1s", for example.');
  }
}

const CONSTRAINT = /^\s*[a-z_][a-z0-9\-_.]+\s*[!=]=\s*[a-z0-9:\-_\s.*()?+[\]\\^$|/]+$/i;

function checkPlacement({ deploy }: ComposeService, at: Path, checking: Checking): void {
  deploy?.placement?.constraints?.forEach((constraint, index) => {
    if (CONSTRAINT.test(constraint)) return;
    checking.report(
      [...at, 'deploy', 'placement', 'constraints', index],
      `cannot read the constraint "${constraint}"`,
      'Write "node.role == worker" or "node.labels.zone != east", for example.',
    );
  });
}
