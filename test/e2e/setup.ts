/** Brings up the Swarm that the scenarios share, and takes it away again unless SCALECTL_KEEP=1 asks to keep it. */

import type { TestProject } from 'vitest/node';
import { removeLab, startLab } from '../lab/lab.js';
import { findLeftovers } from '../lab/leftovers.js';

declare module 'vitest' {
  interface ProvidedContext {
    labName: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const name = process.env['SCALECTL_E2E_LAB'] ?? 'e2e';
  // What a run that was interrupted left in it would be in the way of this one.
  if (process.env['SCALECTL_KEEP'] !== '1') await removeLab(name);
  const lab = await startLab({
    name,
    nodes: 1,
    engine: process.env['SCALECTL_E2E_ENGINE'] === '26' ? '26' : '20',
    onProgress: (text) => process.stderr.write(`lab: ${text}\n`),
  });
  project.provide('labName', name);
  return async () => {
    if (process.env['SCALECTL_KEEP'] === '1') {
      process.stderr.write(`lab ${name} is kept; remove it with: npm run lab -- down --name ${name}\n`);
      return;
    }
    await lab.down();
    const left = Object.entries(await findLeftovers(name)).flatMap(([kind, found]) =>
      (found as string[]).map((one) => `${kind}: ${one}`),
    );
    if (left.length > 0) throw new Error(`the lab left behind:\n${left.join('\n')}`);
  };
}
