/** Reading a large stack file: YAML, variables, shape, references, and specs from it. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { largeStack } from '../test/support/large-stack.js';
import type { Result } from './results.js';
import { median, MeasurementError } from './series.js';
import { runToEnd, type World } from './world.js';

const SERVICES = 500;
const LOAD_ONCE = fileURLToPath(new URL('fixtures/load-once.mjs', import.meta.url));

export interface LoadOptions {
  rounds: number;
  signal: AbortSignal;
}

/** Each round in a process of its own, since a command reads its file once, before anything is compiled well. */
export async function benchLoad(world: World, { rounds, signal }: LoadOptions): Promise<Result[]> {
  const { directory, env } = world;
  const text = largeStack(SERVICES);
  const path = join(directory, 'large.yml');
  writeFileSync(path, text);
  const subject = join(directory, 'dist/subject.js');
  const ours: number[] = [];
  const whole: number[] = [];
  const docker: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const startedAt = performance.now();
    const answer = runToEnd(process.execPath, [LOAD_ONCE, subject, path], { cwd: directory, env });
    const between = performance.now();
    runToEnd('docker', ['stack', 'config', '-c', path], { cwd: directory, env });
    const endedAt = performance.now();
    const { ms, services } = JSON.parse(answer) as { ms: number; services: number };
    if (services !== SERVICES)
      throw new MeasurementError(`${services} services were converted, not ${SERVICES}`);
    // The first round warms the file cache and is not counted.
    if (round > 0) {
      ours.push(ms);
      whole.push(between - startedAt);
      docker.push(endedAt - between);
    }
    await setImmediate();
    signal.throwIfAborted();
  }
  const lines = text.split('\n').length - 1;
  return [
    {
      kind: 'limit',
      title: `load and convert of a stack file with ${SERVICES} services (${lines} lines), once per process`,
      unit: 'ms',
      ours: { name: 'scalectl, load and convert', value: median(ours) },
      others: [{ name: 'docker stack config, the whole process', value: median(docker) }],
      target: 500,
    },
    {
      kind: 'comparison',
      title: 'the same, whole processes',
      ours: { name: 'node, load and convert', ms: whole },
      other: { name: 'docker stack config', ms: docker },
      direction: 'share',
      target: 4,
      note: 'docker is compiled ahead; most of ours is the YAML parser, in JavaScript that nothing has warmed up.',
    },
  ];
}
