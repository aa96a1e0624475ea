/**
 * An HTTP agent whose connections run through `ssh HOST docker system dial-stdio`, as the docker CLI does. The
 * system's own ssh brings host-key checks, ~/.ssh/config and agents with it; docker-modem's built-in ssh has none.
 */

import type * as childProcess from 'node:child_process';
import { Agent } from 'node:http';
import { createRequire } from 'node:module';
import { Duplex } from 'node:stream';

export function sshAgent(destination: string, port: string | null): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const args = ['-T', '-o', 'ConnectTimeout=30', ...(port === null ? [] : ['-p', port]), '--', destination];
  Object.assign(agent, {
    createConnection: () => {
      // Not at the start of every command: few Engines are reached through ssh.
      const { spawn } = createRequire(import.meta.url)('node:child_process') as typeof childProcess;
      const child = spawn('ssh', [...args, 'docker', 'system', 'dial-stdio'], {
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      let complaint = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        complaint = (complaint + text).slice(-2000);
      });
      const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
      child.once('error', (cause) => stream.destroy(cause));
      child.once('exit', (code) => {
        if (code !== 0 && code !== null) {
          stream.destroy(new Error(`ssh ended with code ${code}: ${complaint.trim()}`));
        }
      });
      stream.once('close', () => child.kill());
      // node:http asks every connection for these; a pipe has nothing to set.
      return Object.assign(stream, {
        setTimeout: () => stream,
        setNoDelay: () => stream,
        setKeepAlive: () => stream,
        ref: () => stream,
        unref: () => stream,
      });
    },
  });
  return agent;
}
