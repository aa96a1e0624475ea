import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CACHE, type EnginePlace } from './paths.js';
import { run, type RunResult } from './run.js';

/**
 * Runs the docker CLI against one engine. With a configuration directory of its own, so that it neither reads nor
 * writes the user's contexts and logins, and with the classic builder, which needs no plugin of any CLI version.
 */
export async function docker(
  engine: EnginePlace,
  args: string[],
  options: { signal?: AbortSignal | undefined; accept?: number[] } = {},
): Promise<RunResult> {
  const config = join(CACHE, 'docker-config');
  await mkdir(config, { recursive: true });
  return run('docker', ['--config', config, '-H', `unix://${engine.socket}`, ...args], {
    ...options,
    env: { DOCKER_BUILDKIT: '0', DOCKER_CLI_HINTS: 'false', DOCKER_HOST: '', DOCKER_CONTEXT: '' },
  });
}
