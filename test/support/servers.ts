/** Servers that tests start by themselves, on free loopback ports, and take away again. */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';

/** Is there such a program? Asked with `--version`, or whatever makes it say something and end. */
export function isInstalled(program: string, ...args: string[]): boolean {
  return spawnSync(program, args.length === 0 ? ['--version'] : args, { stdio: 'ignore' }).status === 0;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Child processes of one test file. */
export class Servers {
  readonly #running: ChildProcess[] = [];

  /** Resolves once the program has said, on either stream, that it is ready. Throws with what it said when it ends first. */
  async start(
    program: string,
    args: readonly string[],
    ready: RegExp,
    options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
  ): Promise<ChildProcess> {
    const server = spawn(program, args, { cwd: tmpdir(), ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#running.push(server);
    let said = '';
    await new Promise<void>((resolve, reject) => {
      const listen = (chunk: Buffer): void => {
        said += chunk.toString();
        if (ready.test(said)) resolve();
      };
      server.stdout.on('data', listen);
      server.stderr.on('data', listen);
      server.on('error', reject);
      server.on('exit', (code) => reject(new Error(`${program} ended with ${code ?? 'a signal'}: ${said}`)));
    });
    return server;
  }

  redis(port: number, ...args: string[]): Promise<ChildProcess> {
    const flags = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      ...args,
    ];
    return this.start('redis-server', flags, /Ready to accept connections/);
  }

  async stop(server: ChildProcess): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGCONT');
    server.kill('SIGKILL');
    await once(server, 'exit');
  }

  async stopWhere(matches: (server: ChildProcess) => boolean): Promise<void> {
    for (const server of this.#running.filter(matches)) await this.stop(server);
  }

  async stopAll(): Promise<void> {
    for (const server of this.#running.splice(0)) await this.stop(server);
  }
}
