import { startAgent } from '../../agent/run.js';
import { hasGroups } from '../../agent/container-groups.js';
import { EngineSource, KernelSource, type NodeSource } from '../../agent/sources.js';
import { FailedError, UserError } from '../../errors.js';
import { requiredToken } from '../../signals/token.js';
import type { Options } from '../command.js';
import type { Context } from '../context.js';

const DEFAULT_LISTEN = '0.0.0.0:9102';
/** Where the installed service has the host's control groups. */
const DEFAULT_CGROUP_ROOT = '/host/cgroup';

export async function run(context: Context, _args: readonly string[], options: Options): Promise<void> {
  const { host, port } = listenAddress(options['listen']);
  const token = await requiredToken(context.env);
  const { source, nodeId } = await whatToRead(context);
  const server = await startAgent({ nodeId, token, source, host, port }).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FailedError(`the agent cannot listen: ${why}`, { place: '--listen', cause });
  });
  if (!context.globals.quiet) {
    context.stderr.write(
      `agent of node ${nodeId} listens on ${host}:${server.port}, reads ${source.description}\n`,
    );
  }
  await aborted(context.signal);
  await server.close();
}

/** @throws UserError where the node has no name */
async function whatToRead(context: Context): Promise<{ source: NodeSource; nodeId: string }> {
  const { env, signal } = context;
  const root = given(env['SCALECTL_CGROUP_ROOT']) ?? DEFAULT_CGROUP_ROOT;
  const nodeId = given(env['NODE_ID']);
  if (hasGroups(root)) {
    if (nodeId !== null) return { source: new KernelSource({ root }), nodeId };
    throw new UserError('nothing says which node this is', {
      place: 'environment NODE_ID',
      hint: "Set NODE_ID to the node's id; in a stack file: NODE_ID: '{{.Node.ID}}'.",
    });
  }
  const engine = await context.engine();
  return {
    source: new EngineSource(engine),
    nodeId: nodeId ?? (await engine.info({ signal })).Swarm.NodeID,
  };
}

function listenAddress(given: Options[string]): { host: string; port: number } {
  const text = typeof given === 'string' ? given : DEFAULT_LISTEN;
  const [, host, digits] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { host: host.replace(/^\[|\]$/g, ''), port };
  throw new UserError(`"${text}" is no address to listen on`, {
    place: '--listen',
    hint: `Write ADDRESS:PORT; ${DEFAULT_LISTEN} is usual.`,
  });
}

function given(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
