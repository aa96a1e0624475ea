import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from './errors.js';
import { instanceDir, INSTANCES, nodePlace, type NodePlace } from './paths.js';

export type EngineVersion = '20' | '26';

/** What is written down about an instance before anything of it is started, so that `down` can clean up any crash. */
export interface InstanceRecord {
  name: string;
  /** K of its network 10.77.K.0/24. */
  subnet: number;
  engine: EngineVersion;
  nodes: number;
  /** `registry/name:tag` by variable; empty until the images are there. */
  images: Record<string, string>;
  createdAt: string;
}

function recordFile(name: string): string {
  return join(instanceDir(name), 'instance.json');
}

/** The record of an instance, or undefined when there is none by that name. */
export function readRecord(name: string): InstanceRecord | undefined {
  if (!existsSync(recordFile(name))) return undefined;
  try {
    return JSON.parse(readFileSync(recordFile(name), 'utf8')) as InstanceRecord;
  } catch {
    throw new LabError(`${recordFile(name)} cannot be read; run "down" to clean up`);
  }
}

/** Written beside and renamed, so that a crash leaves the old one or the new one. */
export async function writeRecord(record: InstanceRecord): Promise<void> {
  await mkdir(instanceDir(record.name), { recursive: true });
  const file = recordFile(record.name);
  await writeFile(`${file}.tmp`, `${JSON.stringify(record, null, 2)}\n`);
  await rename(`${file}.tmp`, file);
}

/** All instances with a record, or with a directory left by a crash. */
export function listInstances(): string[] {
  return existsSync(INSTANCES) ? readdirSync(INSTANCES).sort() : [];
}

export function nodesOf(record: InstanceRecord): NodePlace[] {
  return Array.from({ length: record.nodes }, (_, at) => nodePlace(record.name, record.subnet, at + 1));
}
