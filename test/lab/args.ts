import { parseArgs } from 'node:util';
import { LabUsageError, messageOf } from './errors.js';
import { checkName, MOST_NODES } from './names.js';
import type { EngineVersion } from './record.js';

export type NodeAction = 'stop' | 'start' | 'cut' | 'heal';

/** A command line, understood. `name` is undefined when it is not given there. */
export type LabCommand =
  | { verb: 'up'; name: string | undefined; nodes: number | undefined; engine: EngineVersion | undefined }
  | { verb: 'down'; name: string | undefined; purge: boolean; all: boolean }
  | { verb: 'status' | 'env' | 'images'; name: string | undefined }
  | { verb: 'node'; name: string | undefined; action: NodeAction; index: number }
  | { verb: 'help' };

export const USAGE = `A Docker Swarm on this machine, to try and to test on. Needs root; touches no engine but its own.

  npm run lab -- up [--nodes 3] [--engine 20|26]   start it, or repair what is dead of it
  npm run lab -- down [--all] [--purge]            remove it; --all every lab, --purge the image cache too
  npm run lab -- status                            what runs, and what is left of labs that do not
  eval "$(npm run -s lab -- env)"                  point DOCKER_HOST and the image variables at it
  npm run lab -- node stop|start|cut|heal 2        power off, power on, pull the cable, put it back
  npm run lab -- images                            build the images only

  --name NAME   which lab, where there are several (SCALECTL_LAB; else "default")
`;

const ACTIONS: readonly string[] = ['stop', 'start', 'cut', 'heal'] satisfies NodeAction[];

/** Which options each verb takes. */
const OPTIONS: Record<string, string[]> = {
  up: ['name', 'nodes', 'engine'],
  down: ['name', 'purge', 'all'],
  status: ['name'],
  env: ['name'],
  images: ['name'],
  node: ['name'],
};

/**
 * Understands a command line.
 * @throws LabUsageError saying what is wrong with it
 */
export function parseCommand(argv: string[]): LabCommand {
  const { values, positionals } = parse(argv);
  const [verb, ...rest] = positionals;
  if (values.help === true || verb === undefined || verb === 'help') return { verb: 'help' };
  const allowed = OPTIONS[verb];
  if (!allowed) throw new LabUsageError(`no command "${verb}"; there are ${Object.keys(OPTIONS).join(', ')}`);
  const wrong = Object.keys(values).find((option) => !allowed.includes(option));
  if (wrong !== undefined) throw new LabUsageError(`"${verb}" takes no --${wrong}`);
  if (verb !== 'node' && rest.length > 0)
    throw new LabUsageError(`"${verb}" takes no argument "${rest.join(' ')}"`);
  const name = values.name === undefined ? undefined : checkName(values.name);
  switch (verb) {
    case 'up':
      return { verb, name, nodes: nodeCount(values.nodes), engine: engineVersion(values.engine) };
    case 'down':
      return { verb, name, purge: values.purge ?? false, all: values.all ?? false };
    case 'node':
      return { verb, name, ...nodeAction(rest) };
    default:
      return { verb: verb as 'status' | 'env' | 'images', name };
  }
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        nodes: { type: 'string' },
        engine: { type: 'string' },
        purge: { type: 'boolean' },
        all: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new LabUsageError(messageOf(error).split('. ')[0] ?? '');
  }
}

function nodeCount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > MOST_NODES) {
    throw new LabUsageError(`--nodes is a number from 1 to ${MOST_NODES}, not "${text}"`);
  }
  return count;
}

function engineVersion(text: string | undefined): EngineVersion | undefined {
  if (text === undefined || text === '20' || text === '26') return text;
  throw new LabUsageError(`--engine is 20 or 26, not "${text}"`);
}

function nodeAction(rest: string[]): { action: NodeAction; index: number } {
  const [action, index, ...more] = rest;
  if (action === undefined || !ACTIONS.includes(action) || !/^\d+$/.test(index ?? '') || more.length > 0) {
    throw new LabUsageError('use node stop|start|cut|heal and the number of a node, as in "node stop 2"');
  }
  return { action: action as NodeAction, index: Number(index) };
}
