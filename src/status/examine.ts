/** Looks an Engine and its Swarm over, and says of each finding what to do about it. */

import { readFileSync } from 'node:fs';
import { holderText, mayBeAlive, readLease } from '../daemon/lease-record.js';
import type { CallOptions, Engine } from '../swarm/engine.js';
import type { EngineInfo, SwarmNode } from '../swarm/objects.js';

export interface Finding {
  level: 'ok' | 'warning' | 'problem';
  subject: string;
  text: string;
  /** the step to take; null where there is none */
  advice: string | null;
}

/** The oldest Engine API that scalectl is tried with: Engine 20.10. */
const OLDEST_API = '1.41';

/** @throws EngineError when the Engine cannot be asked at all */
export async function examine(engine: Engine, options: CallOptions): Promise<Finding[]> {
  const { apiVersion, engineVersion, os, arch } = await engine.version(options);
  const info = await engine.info(options);
  const findings: Finding[] = [
    { level: 'ok', subject: 'socket', text: `${engine.address} may be used`, advice: null },
    isOlder(apiVersion, OLDEST_API)
      ? {
          level: 'problem',
          subject: 'Engine',
          text: `${engineVersion} (API ${apiVersion}) is older than API ${OLDEST_API}`,
          advice: 'Update it to 20.10 or newer.',
        }
      : {
          level: 'ok',
          subject: 'Engine',
          text: `${engineVersion}, API ${apiVersion}, ${os}/${arch}, ${info.NCPU} CPUs, cgroup v${info.CgroupVersion ?? '1'}`,
          advice: knownBug(engineVersion),
        },
    swarmFinding(info),
  ];
  if (!info.Swarm.ControlAvailable) return findings;
  const nodes = await engine.listNodes(options);
  findings.push(managersFinding(nodes), ...nodes.map(nodeFinding));
  findings.push(await leaseFinding(engine, options));
  if (engine.local) findings.push(ipvsFinding());
  return findings;
}

async function leaseFinding(engine: Engine, options: CallOptions): Promise<Finding> {
  const lease = await readLease(engine, options);
  const finding = { level: 'ok', subject: 'daemon', advice: null } as const;
  if (lease?.holder == null) return { ...finding, text: 'none holds the lease' };
  const held = `${holderText(lease.holder)} holds the lease since ${lease.holder.since}`;
  if (mayBeAlive(lease, Date.now())) return { ...finding, text: held };
  const text = `${held}, and has not renewed it since ${lease.renewed}`;
  return { ...finding, level: 'warning', text, advice: 'Start it again: scalectl autoscale --daemon' };
}

function swarmFinding({ Swarm }: EngineInfo): Finding {
  const subject = 'Swarm';
  if (Swarm.LocalNodeState !== 'active') {
    const text =
      Swarm.Error === undefined || Swarm.Error === ''
        ? `is ${Swarm.LocalNodeState} on this node`
        : Swarm.Error;
    const advice =
      Swarm.LocalNodeState === 'locked'
        ? 'Unlock it with: docker swarm unlock'
        : 'Form one with "docker swarm init", or join one with "docker swarm join".';
    return { level: 'problem', subject, text, advice };
  }
  if (!Swarm.ControlAvailable) {
    return {
      level: 'problem',
      subject,
      text: 'this node is a worker, and only managers know about services',
      advice: 'Point --host or DOCKER_HOST at a manager.',
    };
  }
  return { level: 'ok', subject, text: 'active, and this node is a manager', advice: null };
}

function managersFinding(nodes: readonly SwarmNode[]): Finding {
  const managers = nodes.filter(({ Spec }) => Spec.Role === 'manager');
  const reachable = managers.filter(
    ({ ManagerStatus }) => ManagerStatus?.Reachability === 'reachable',
  ).length;
  const text = `${managers.length} of ${nodes.length} nodes, ${reachable} reachable`;
  const spare = Math.floor((managers.length - 1) / 2);
  if (managers.length - reachable > 0) {
    return {
      level: 'warning',
      subject: 'managers',
      text,
      advice: `Bring the others back: without ${Math.floor(managers.length / 2) + 1} the Swarm takes no changes.`,
    };
  }
  return {
    level: managers.length % 2 === 0 ? 'warning' : 'ok',
    subject: 'managers',
    text: `${text}; ${spare === 0 ? 'none' : spare} may be lost`,
    advice: managers.length % 2 === 0 ? 'An even number helps nothing: promote or demote one.' : null,
  };
}

function nodeFinding(node: SwarmNode): Finding {
  const subject = `node ${node.Description.Hostname}`;
  const text = `${node.Spec.Role}, ${node.Status.State}, ${node.Spec.Availability}`;
  if (node.Status.State !== 'ready') {
    return {
      level: 'problem',
      subject,
      text,
      advice: 'Start its Engine, or remove it with: docker node rm --force',
    };
  }
  if (node.Spec.Availability !== 'active') {
    return {
      level: 'warning',
      subject,
      text,
      advice: 'It takes no tasks; let it: docker node update --availability active',
    };
  }
  return { level: 'ok', subject, text, advice: null };
}

/**
 * Virtual addresses and the routing mesh are made of IPVS. Where the kernel has none, they start and carry nothing.
 */
function ipvsFinding(): Finding {
  const there = readText('/proc/net/ip_vs') !== null || /(^|\n)ip_vs /.test(readText('/proc/modules') ?? '');
  return there
    ? {
        level: 'ok',
        subject: 'IPVS',
        text: 'the kernel has it: endpoint_mode vip and ingress ports work',
        advice: null,
      }
    : {
        level: 'warning',
        subject: 'IPVS',
        text: 'not loaded in the kernel: endpoint_mode vip and ingress ports may carry no traffic',
        advice:
          'Try "modprobe ip_vs"; where there is none, use endpoint_mode: dnsrr and ports with mode: host.',
      };
}

/** Releases with faults that a stack like ours meets. Sources: moby#50129, moby#51842. */
function knownBug(engineVersion: string): string | null {
  if (/^28\.2\./.test(engineVersion))
    return 'Engine 28.2 loses the names of some services: update to 28.3 or newer.';
  if (/^29\.(0\.|1\.[0-4]\b)/.test(engineVersion))
    return 'This release cuts connections to tasks that stop: update it.';
  return null;
}

function isOlder(version: string, oldest: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number);
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
