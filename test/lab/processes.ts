import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { waitFor } from './wait.js';

export interface Process {
  pid: number;
  argv: string[];
  /** The control groups as `/proc/PID/cgroup` lists them. */
  cgroups: string;
  /** `net:[…]`: which network namespace it is in. */
  netns: string;
}

/** Programs that the lab starts by itself or through an engine, as opposed to what happens to mention its paths. */
const OUR_PROGRAMS =
  /^(dockerd|containerd|containerd-shim.*|docker-registry|docker-proxy|nsenter|unshare|setpriv|sh)$/;

/** One process, or undefined when it has ended (also when it only waits for its parent to notice). */
export function readProcess(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) return undefined;
    return {
      pid,
      argv: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1),
      cgroups: readFileSync(`/proc/${pid}/cgroup`, 'utf8'),
      netns: readlinkSync(`/proc/${pid}/ns/net`),
    };
  } catch {
    return undefined;
  }
}

export function listProcesses(): Process[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((entry) => readProcess(Number(entry)) ?? []);
}

/** True when it is one of the lab's own programs and was started for the given directory. */
export function worksIn(candidate: Process, dir: string): boolean {
  const program = basename(candidate.argv[0] ?? '');
  return (
    OUR_PROGRAMS.test(program) && candidate.argv.some((arg) => arg.includes(`${dir}/`) || arg.endsWith(dir))
  );
}

/** True when it runs in the control group with this name at the top of any hierarchy. */
export function isInCgroup(candidate: Process, cgroup: string): boolean {
  return candidate.cgroups.split('\n').some((line) => {
    const path = line.split(':').slice(2).join(':');
    return path === `/${cgroup}` || path.startsWith(`/${cgroup}/`) || path.includes(`/${cgroup}/`);
  });
}

/** The identity of a named network namespace in the form `/proc/PID/ns/net` uses, or undefined without it. */
export function netnsIdentity(netns: string): string | undefined {
  try {
    return `net:[${statSync(`/run/netns/${netns}`).ino}]`;
  } catch {
    return undefined;
  }
}

/**
 * Ends processes at once, again and again until a look finds none: what is ended may have started others meanwhile.
 * @param find looks anew each time, so that a reused pid is never hit
 */
export async function killAll(what: string, find: () => Process[], deadlineMs = 20_000): Promise<void> {
  await waitFor(
    `ending ${what}`,
    () => {
      const found = find();
      for (const { pid } of found) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended by itself.
        }
      }
      if (found.length === 0) return { done: true, value: undefined };
      return { done: false, state: found.map(({ pid, argv }) => `${pid} ${argv[0] ?? ''}`).join(', ') };
    },
    { deadlineMs, everyMs: 20 },
  );
}

/** The pid in a file, or undefined when there is none. */
export function readPidFile(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim());
    return Number.isInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}
