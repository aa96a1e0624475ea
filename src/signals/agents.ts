/**
 * Asks the agents of all nodes at once, once per round, and tells each task's counters from the answer of its own node.
 * An agent is known by the node id in its answer, never by its address.
 */

import { httpGet } from '../http-get.js';
import { resolveAll } from '../resolve-all.js';
import { parseNodeUsage, USAGE_PATH, type NodeUsage } from './agent-answer.js';
import type { AgentAddress } from './agent-addresses.js';
import { startDeadline, valueOrNull } from './deadline.js';
import type { MissingUsage, UsageQuery } from './types.js';
import type { ContainerReading, UsageReader } from './usage-reader.js';

/** An agent answers within milliseconds; one that asks an old Engine needs the Engine's next one-second tick. */
const ASK_DEADLINE_MS = 1_500;
const LARGEST_ANSWER_BYTES = 4 * 1024 * 1024;

/** Ends of the sentence "2 on NODE, …". */
const SILENT = 'whose agent does not answer';
const REFUSED = 'whose agent refuses the token (SCALECTL_TOKEN_FILE)';
const NONE = 'which has no agent';
const UNKNOWN_TASK = 'whose agent does not know them yet';

export interface AgentsOptions {
  /** host names are looked up anew in each round: agents come and go with their nodes */
  addresses: readonly AgentAddress[];
  /** Throws Error with one line where there is none. */
  token: () => Promise<string>;
  /** host names by node id, for what is told to people */
  nodeNames: (signal: AbortSignal) => Promise<ReadonlyMap<string, string>>;
  deadlineMs?: number;
  resolve?: (host: string) => Promise<string[]>;
}

const NOTHING_TOLD: NodeUsage['containers'] = new Map();

interface Answer extends NodeUsage {
  /** as readings of it are marked */
  reader: string;
}

export class Agents implements UsageReader {
  readonly #options: AgentsOptions;
  /** answers of this round, by node id */
  #answers = new Map<string, Answer>();
  /** why an address, or a name that has none, gave no answer in this round */
  #failures = new Map<string, string>();
  /** which node was last seen behind an address: it may be silent now */
  readonly #nodeBehind = new Map<string, string>();
  #names: ReadonlyMap<string, string> = new Map();
  /** for all nodes at once: no token */
  #trouble: string | null = null;

  constructor(options: AgentsOptions) {
    this.#options = options;
  }

  async begin(queries: readonly UsageQuery[], outer: AbortSignal): Promise<void> {
    const before = this.#answers;
    this.#answers = new Map();
    this.#failures = new Map();
    this.#trouble = null;
    const deadline = startDeadline(this.#options.deadlineMs ?? ASK_DEADLINE_MS, outer);
    try {
      const token = await this.#options.token();
      const places = await this.#places(deadline.signal);
      await Promise.all(places.map((place) => this.#ask(place, token, before, deadline.signal)));
      const isNameless = queries.some(
        ({ nodeId, containerId }) =>
          !this.#answers.get(nodeId)?.containers.has(containerId) && !this.#names.has(nodeId),
      );
      if (isNameless) this.#names = (await valueOrNull(this.#options.nodeNames(outer), outer)) ?? this.#names;
    } catch (error) {
      this.#trouble = `whose agent cannot be asked: ${error instanceof Error ? error.message : String(error)}`;
    } finally {
      deadline.clear();
    }
  }

  read({ nodeId, containerId }: UsageQuery): ContainerReading | null {
    const answer = this.#answers.get(nodeId);
    const counters = answer?.containers.get(containerId);
    if (answer === undefined || counters === undefined) return null;
    return { reader: answer.reader, ...counters };
  }

  whyNot({ nodeId }: UsageQuery): MissingUsage {
    const node = this.#names.get(nodeId) ?? nodeId;
    if (this.#answers.has(nodeId)) return { node, why: UNKNOWN_TASK };
    if (this.#trouble !== null) return { node, why: this.#trouble };
    return { node, why: this.#whyNode(nodeId) };
  }

  keepOnly(): void {
    // What an agent told goes with the round.
  }

  end(): void {
    for (const answer of this.#answers.values()) answer.containers = NOTHING_TOLD;
  }

  #whyNode(nodeId: string): string {
    const own = [...this.#failures].filter(([place]) => this.#nodeBehind.get(place) === nodeId);
    // An address that never answered may be anybody's.
    const strangers = [...this.#failures].filter(([place]) => !this.#nodeBehind.has(place));
    const reasons = (own.length > 0 ? own : strangers).map(([, why]) => why);
    const [first] = reasons;
    if (first !== undefined) return reasons.every((why) => why === first) ? first : SILENT;
    return [...this.#nodeBehind.values()].includes(nodeId) ? SILENT : NONE;
  }

  async #places(signal: AbortSignal): Promise<string[]> {
    const found = await Promise.all(
      this.#options.addresses.map(async ({ host, port }) => {
        const addresses = await this.#resolve(host, signal);
        return addresses.map((address) =>
          address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
        );
      }),
    );
    return [...new Set(found.flat())];
  }

  async #resolve(host: string, signal: AbortSignal): Promise<string[]> {
    let why = 'no answer in time';
    const looked = (this.#options.resolve ?? resolveAll)(host).catch((error: unknown) => {
      why = (error as NodeJS.ErrnoException).code ?? 'unknown name';
      throw error;
    });
    const addresses = await valueOrNull(looked, signal);
    if (addresses === null) this.#failures.set(host, `whose agent cannot be found (${host}: ${why})`);
    return addresses ?? [];
  }

  async #ask(
    place: string,
    token: string,
    before: ReadonlyMap<string, Answer>,
    signal: AbortSignal,
  ): Promise<void> {
    let answer: NodeUsage | null = null;
    let why = SILENT;
    try {
      const { status, body } = await httpGet(`http://${place}${USAGE_PATH}`, {
        signal,
        headers: { authorization: `Bearer ${token}` },
        maxBytes: LARGEST_ANSWER_BYTES,
      });
      if (status === 401) why = REFUSED;
      answer = status === 200 ? parseNodeUsage(body) : null;
    } catch {
      // Which is why: it does not answer.
    }
    if (answer === null) {
      this.#failures.set(place, why);
      return;
    }
    const { nodeId, run } = answer;
    this.#nodeBehind.set(place, nodeId);
    const last = before.get(nodeId);
    // While an agent is replaced there may be two on a node; the one whose earlier reading is at hand goes first.
    if (this.#answers.has(nodeId) && last?.run !== run) return;
    // The same text as last time and not one like it: it is compared for each container.
    const reader = last?.run === run ? last.reader : `agent ${nodeId} ${run}`;
    this.#answers.set(nodeId, { ...answer, reader });
  }
}
