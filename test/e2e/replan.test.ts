/** A plan is only worth reading if it is empty when nothing changed, and right about restarts when something did. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { connectEngine } from '../../src/swarm/dockerode.js';
import { resolveEndpoint } from '../../src/swarm/endpoint.js';
import { openLab } from '../lab/lab.js';
import { ROOT, startProcess } from './harness.js';

const env = {
  PATH: process.env['PATH'] ?? '',
  SCALECTL_STACK: 'replan',
  ...openLab(inject('labName')).env(),
};
const engine = connectEngine(resolveEndpoint({ env }));
let directory: string;

/** Everything that the Engine is known to fill in, reorder or rename. */
const FULL = `
services:
  web:
    image: \${SHOP_IMAGE}
    command: [sh, -c, 'exec sleep "$$1"', '', '3600']
    init: true
    environment: {B: '2', A: '1', EMPTY: ''}
    labels: {z: '1', a: ''}
    healthcheck: {test: [CMD, 'true'], interval: 1s}
    stop_grace_period: 1s
    volumes: ['data:/data', './conf:/conf:ro', {type: tmpfs, target: /scratch, tmpfs: {size: 1M}}]
    networks: {net: {aliases: [www]}, default: }
    secrets: [{source: password, mode: 0400}]
    configs: [{source: conf, target: /etc/app.conf}]
    ports: ['18080:80']
    cap_add: [net_admin]
    extra_hosts: ['db:192.0.2.1']
    dns: 192.0.2.2
    sysctls: {net.core.somaxconn: 1024}
    ulimits: {nofile: 4096}
    logging: {driver: json-file, options: {max-size: 10m, max-file: '3'}}
    deploy:
      replicas: 1
      endpoint_mode: vip
      labels: {note: '', b: x}
      resources: {limits: {cpus: '0.5', memory: 64M, pids: 50}, reservations: {memory: 8M}}
      restart_policy: {condition: any, delay: 1s}
      placement: {constraints: [node.role == manager], preferences: [{spread: node.labels.zone}]}
      update_config: {parallelism: 2, order: start-first, monitor: 1s}
      rollback_config: {order: stop-first}
networks: {net: {driver: overlay, attachable: true}}
volumes: {data: {labels: {zone: x, area: y}}}
secrets: {password: {file: ./password}}
configs: {conf: {file: ./app.conf}}
`;

async function scalectl(...args: string[]) {
  const result = await startProcess(process.execPath, [join(ROOT, 'bin/scalectl.js'), ...args], {
    cwd: directory,
    env: { ...env, HOME: directory },
  }).ended;
  expect(result.code, result.stderr).toBe(0);
  return result.stdout;
}

async function runningTasks(): Promise<string[]> {
  const tasks = await engine.listTasks({ service: ['replan_web'], 'desired-state': ['running'] });
  return tasks.map(({ ID }) => ID);
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'replan-'));
  for (const [name, text] of Object.entries({
    'stack.yml': FULL,
    password: 'x',
    'app.conf': 'a=1',
    conf: '',
  })) {
    writeFileSync(join(directory, name), text);
  }
  await scalectl('deploy');
});
afterAll(async () => {
  await scalectl('down', '--volumes', '--yes');
  rmSync(directory, { recursive: true });
});

it('a file that is deployed as it is must give an empty plan', async () => {
  expect(await scalectl('deploy', '--dry-run')).toBe('stack replan: nothing to change\n');
});

it('a deploy without a change must write nothing', async () => {
  const before = await engine.inspectService('replan_web');
  await scalectl('deploy');
  expect((await engine.inspectService('replan_web')).Version).toEqual(before.Version);
});

it.each([
  ['a port', '18080:80', '18081:80', true],
  ['a label of the service', 'b: x', 'b: y', false],
  ['a constraint that the node still meets', 'node.role == manager', 'node.role != worker', false],
  ['the restart policy', 'condition: any, delay: 1s', 'condition: any, delay: 2s', true],
  ['how it is updated', 'monitor: 1s}', 'monitor: 2s}', false],
  ['how it is spread', 'node.labels.zone', 'node.labels.rack', false],
  ['the empty argument', "'', '3600'", "x, '3600'", true],
])('a change of %s must restart tasks exactly where the plan says so', async (_, from, to, restarts) => {
  const before = await runningTasks();
  writeFileSync(join(directory, 'stack.yml'), FULL.replace(from, to));
  const plan = await scalectl('deploy', '--dry-run');
  expect(plan).toMatch(/^~ update service replan_web: [^\n]* -> [^\n]*\n$/);
  expect(plan).toMatch(
    restarts ? /\(restarts tasks\)$/m : /\((no restart|moves only tasks that they exclude)\)$/m,
  );
  await scalectl('deploy');
  expect((await runningTasks()).some((id) => before.includes(id))).toBe(!restarts);
  writeFileSync(join(directory, 'stack.yml'), FULL);
  await scalectl('deploy');
});
