/**
 * How many replicas more the Swarm has room for, by what its scheduler goes by: reservations, simple constraints, and
 * replicas per node. Whatever is not known here (platforms, plugins, other constraints) is taken as room: the number
 * may be too large, never too small.
 */

export interface Room {
  /** beyond the replicas asked for; at least 0 */
  more: number;
  /** what is short: `no node has 1 CPU free for another task` */
  text: string;
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
    return { more: 0, text: 'no node that is active and ready meets its constraints' };
  const places = fitting.reduce((sum, node) => sum + placesOn(node, needs), 0);
  if (places === Infinity) return null;
  return { more: Math.max(0, places - Math.max(0, waiting)), text: shortage(fitting, needs) };
}

function placesOn(node: NodeRoom, { nanoCpus, bytes, maxPerNode }: TaskNeeds): number {
  return Math.max(
    0,
    Math.min(
      fits(node.freeNanoCpus, nanoCpus),
      fits(node.freeBytes, bytes),
      maxPerNode > 0 ? maxPerNode - node.own : Infinity,
    ),
  );
}

function fits(free: number | null, each: number): number {
  return free === null || each <= 0 ? Infinity : Math.floor(free / each);
}

/** Said of the moment after the last one that fits was placed. */
function shortage(nodes: readonly NodeRoom[], { nanoCpus, bytes, maxPerNode }: TaskNeeds): string {
  const total = (places: (node: NodeRoom) => number): number =>
    nodes.reduce((sum, node) => sum + Math.max(0, places(node)), 0);
  const cpus = total((node) => fits(node.freeNanoCpus, nanoCpus));
  const memory = total((node) => fits(node.freeBytes, bytes));
  const slots = maxPerNode > 0 ? total((node) => maxPerNode - node.own) : Infinity;
  const least = Math.min(cpus, memory, slots);
  if (least === slots) return `no node may take another task (at most ${maxPerNode} on each)`;
  if (least === cpus) {
    const each = Number((nanoCpus / 1e9).toFixed(2));
    return `no node has ${each} CPU${each === 1 ? '' : 's'} free for another task`;
  }
  return `no node has ${Math.ceil(bytes / 2 ** 20)} MiB of memory free for another task`;
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
