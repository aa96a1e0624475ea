/**
 * How many replicas more the Swarm has room for, by what its scheduler goes by: reservations, simple constraints, and
 * replicas per node. Whatever is not known here (platforms, plugins, other constraints) is taken as room: the number
 * may be too large, never too small.
 */

export interface Room {
  /** beyond the replicas asked for; below 0 where not even all of those have a place */
  more: number;
  /** what each thing that tasks need would allow by itself; words, where it is not one of them that is short */
  short: readonly Allowance[] | string;
}

/** How many replicas more one thing alone would allow, and how much of it each of them takes. */
export interface Allowance {
  /** `slots`: places on nodes that take at most `each` tasks of the service */
  of: 'cpus' | 'bytes' | 'slots';
  each: number;
  more: number;
}

export interface NodeRoom {
  id: string;
  hostname: string;
  role: string;
  labels: Readonly<Record<string, string>>;
  /** takes new tasks: active and ready */
  open: boolean;
  /** not reserved by any task; may be below 0; null: unknown */
  freeNanoCpus: number | null;
  freeBytes: number | null;
  /** tasks of this service that have their place here */
  own: number;
}

export interface TaskNeeds {
  /** reserved; 0: none */
  nanoCpus: number;
  bytes: number;
  constraints: readonly string[];
  /** 0: no limit */
  maxPerNode: number;
}

/** @param waiting replicas asked for that have no place yet: they come first. Null: room without a known end. */
export function roomFor(nodes: readonly NodeRoom[], needs: TaskNeeds, waiting: number): Room | null {
  const constraints = needs.constraints.map(constraintOf);
  const fitting = nodes.filter((node) => node.open && constraints.every((mayMatch) => mayMatch(node)));
  if (fitting.length === 0)
    return { more: 0, short: 'no node that is active and ready meets its constraints' };
  const behind = Math.max(0, waiting);
  const more = sum(fitting, (node) => placesOn(node, needs)) - behind;
  if (more === Infinity) return null;
  const { nanoCpus, bytes, maxPerNode } = needs;
  const all: Allowance[] = [
    { of: 'cpus', each: nanoCpus / 1e9, more: sum(fitting, (node) => fits(node.freeNanoCpus, nanoCpus)) },
    { of: 'bytes', each: bytes, more: sum(fitting, (node) => fits(node.freeBytes, bytes)) },
    { of: 'slots', each: maxPerNode, more: sum(fitting, (node) => slotsOn(node, needs)) },
  ];
  return {
    more,
    short: all.filter((one) => one.more < Infinity).map((one) => ({ ...one, more: one.more - behind })),
  };
}

/**
 * What is missing for so many replicas more than there is room for: `needs 2 more CPUs: room for 3 of 5 new replicas`.
 * Where each thing would do by itself and only no node has all of them, all are named.
 *
 * @param wanted replicas beyond those asked for, more than there is room for
 */
export function shortageText({ more, short }: Room, wanted: number): string {
  if (typeof short === 'string') return short;
  const scarce = short.filter((one) => one.more < wanted);
  const missing =
    scarce.length > 0
      ? scarce.map((one) => amountText(one, wanted - one.more))
      : short.map((one) => amountText(one, wanted - more));
  const replicas = wanted === 1 ? 'replica' : 'replicas';
  return `needs ${missing.join(' and ')}: room for ${Math.max(0, more)} of ${wanted} new ${replicas}`;
}

function amountText({ of, each }: Allowance, replicas: number): string {
  switch (of) {
    case 'cpus': {
      const cpus = round(each * replicas);
      return `${cpus} more CPU${cpus === 1 ? '' : 's'}`;
    }
    case 'bytes': {
      const mebibytes = Math.ceil((each * replicas) / 2 ** 20);
      return mebibytes < 1024 ? `${mebibytes} MiB more memory` : `${round(mebibytes / 1024)} GiB more memory`;
    }
    case 'slots': {
      const nodes = Math.ceil(replicas / each);
      return `${nodes} more node${nodes === 1 ? '' : 's'} (at most ${each} on each)`;
    }
  }
}

function round(value: number): number {
  return Math.ceil(value * 100 - 1e-6) / 100;
}

function sum(nodes: readonly NodeRoom[], places: (node: NodeRoom) => number): number {
  return nodes.reduce((total, node) => total + Math.max(0, places(node)), 0);
}

function placesOn(node: NodeRoom, needs: TaskNeeds): number {
  return Math.max(
    0,
    Math.min(
      fits(node.freeNanoCpus, needs.nanoCpus),
      fits(node.freeBytes, needs.bytes),
      slotsOn(node, needs),
    ),
  );
}

function fits(free: number | null, each: number): number {
  return free === null || each <= 0 ? Infinity : Math.floor(free / each);
}

function slotsOn({ own }: NodeRoom, { maxPerNode }: TaskNeeds): number {
  return maxPerNode > 0 ? maxPerNode - own : Infinity;
}

/** `node.role == manager`: whether a node may match. What is not understood may. */
function constraintOf(constraint: string): (node: NodeRoom) => boolean {
  const parsed = /^\s*([\w.-]+)\s*(==|!=)\s*(.*?)\s*$/.exec(constraint);
  if (parsed === null) return () => true;
  const [, key = '', operator, wanted = ''] = parsed;
  return (node) => {
    const value = valueOf(key, node);
    if (value === null) return true;
    // As Swarm compares: without regard to case.
    return (value.toLowerCase() === wanted.toLowerCase()) === (operator === '==');
  };
}

function valueOf(key: string, node: NodeRoom): string | null {
  switch (key.toLowerCase()) {
    case 'node.id':
      return node.id;
    case 'node.hostname':
      return node.hostname;
    case 'node.role':
      return node.role;
  }
  return key.toLowerCase().startsWith('node.labels.')
    ? (node.labels[key.slice('node.labels.'.length)] ?? '')
    : null;
}
