/**
 * Reads a list of the Engine while it arrives. In a large Swarm the list of tasks is tens of megabytes at every look, of
 * which next to nothing has changed since the last: an object whose version is the one of last time is passed over
 * unread, and what was made of it last time stands for it. So nobody may change an object of such a list.
 */

interface Known<T> {
  object: T;
  /** null where it begins in another way than the Engine's objects do */
  head: string | null;
  /** bytes of its JSON */
  length: number;
}

/** How the Engine begins an object. The Swarm counts its version up at every change of whatever is in it. */
const HEAD = /^\{"ID":"[0-9a-z]+","Version":\{"Index":\d+\},/;
/** Longer than any head. */
const HEAD_BYTES = 96;
const FIRST_SPACE_BYTES = 128 * 1024;

const SPACES: ReadonlySet<number | undefined> = new Set(Buffer.from(' \t\r\n'));
const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = '\\'.charCodeAt(0);
const COMMA = ','.charCodeAt(0);
const BRACE = { open: '{'.charCodeAt(0), close: '}'.charCodeAt(0) };
const BRACKET = { open: '['.charCodeAt(0), close: ']'.charCodeAt(0) };

export class KeptList<T> {
  readonly #kept: (object: T) => T;
  /** in their order, which is nearly always that of the next list */
  #known: readonly Known<T>[] = [];

  /** @param kept what is to be kept of an object, as it comes from the Engine */
  constructor(kept: (object: T) => T = (object) => object) {
    this.#kept = kept;
  }

  /** @throws SyntaxError for what is no list of objects; `null` is an empty one */
  async read(answer: AsyncIterable<Buffer>): Promise<T[]> {
    const reading = this.begin();
    for await (const bytes of answer) reading.take(bytes);
    return reading.end();
  }

  /** The same for bytes that are handed over one by one, and are others as soon as `take` has returned. */
  begin(): { take: (bytes: Buffer) => void; end: () => T[] } {
    const reading = new Reading(this.#known, this.#kept);
    return {
      take: (bytes) => reading.take(bytes),
      end: () => {
        reading.end();
        this.#known = reading.known;
        return reading.known.map(({ object }) => object);
      },
    };
  }
}

class Reading<T> {
  readonly known: Known<T>[] = [];
  readonly #before: readonly Known<T>[];
  /** where in `#before` the next one is to be expected */
  #next = 0;
  /** of `#before`, by head; made when something is not where it was expected */
  #indexes: Map<string | null, number> | null = null;
  readonly #kept: (object: T) => T;
  /** one for the whole answer, in which what is read makes room for what arrives */
  #space = Buffer.allocUnsafe(FIRST_SPACE_BYTES);
  /** the part of it that has arrived; not read yet from `#at` on */
  #bytes: Buffer = this.#space.subarray(0, 0);
  #at = 0;
  #isComplete = false;
  #state: 'before' | 'first' | 'next' | 'after' = 'before';

  constructor(before: readonly Known<T>[], kept: (object: T) => T) {
    this.#before = before;
    this.#kept = kept;
  }

  take(bytes: Buffer): void {
    const rest = this.#bytes.subarray(this.#at);
    const length = rest.length + bytes.length;
    const space = length > this.#space.length ? Buffer.allocUnsafe(2 * length) : this.#space;
    rest.copy(space);
    bytes.copy(space, rest.length);
    this.#space = space;
    this.#bytes = space.subarray(0, length);
    this.#at = 0;
    while (this.#step());
  }

  end(): void {
    this.#isComplete = true;
    while (this.#step());
    const left = this.#bytes.toString('utf8', this.#at).trim();
    if (this.#state === 'before' && left === 'null') return;
    if (this.#state !== 'after' || left !== '') throw new SyntaxError('the list is not whole');
  }

  /** Whether it came further; not without more bytes, if it did not. */
  #step(): boolean {
    while (SPACES.has(this.#bytes[this.#at])) this.#at++;
    const byte = this.#bytes[this.#at];
    if (byte === undefined) return false;
    switch (this.#state) {
      case 'before':
        if (byte !== BRACKET.open) return false;
        this.#at++;
        this.#state = 'first';
        return true;
      case 'first':
      case 'next':
        if (byte === BRACKET.close) {
          this.#at++;
          this.#state = 'after';
          return true;
        }
        if (this.#state === 'first') return this.#object(this.#at);
        return byte === COMMA && this.#object(this.#at + 1);
      case 'after':
        return false;
    }
  }

  #object(from: number): boolean {
    const bytes = this.#bytes;
    let at = from;
    while (SPACES.has(bytes[at])) at++;
    if (at + HEAD_BYTES > bytes.length && !this.#isComplete) return false;
    const expected = this.#before[this.#next]?.head ?? null;
    const isExpected = expected !== null && bytes.toString('latin1', at, at + expected.length) === expected;
    const head = isExpected
      ? expected
      : (HEAD.exec(bytes.toString('latin1', at, at + HEAD_BYTES))?.[0] ?? null);
    if (!isExpected) this.#next = this.#indexOf(head) ?? this.#next;
    const before = this.#before[this.#next];
    if (head !== null && before?.head === head) {
      const end = at + before.length;
      if (end >= bytes.length && !this.#isComplete) return false;
      if (isEnd(bytes, end)) {
        this.#next++;
        return this.#add(before, end);
      }
    }
    const end = endOf(bytes, at);
    if (end === null) return false;
    const object = this.#kept(JSON.parse(bytes.toString('utf8', at, end)) as T);
    return this.#add({ object, head, length: end - at }, end);
  }

  #indexOf(head: string | null): number | undefined {
    this.#indexes ??= new Map(this.#before.map((one, index) => [one.head, index]));
    return head === null ? undefined : this.#indexes.get(head);
  }

  #add(one: Known<T>, end: number): true {
    this.known.push(one);
    this.#at = end;
    this.#state = 'next';
    return true;
  }
}

/** Whether an object of the list may have ended right before. */
function isEnd(bytes: Buffer, at: number): boolean {
  return bytes[at - 1] === BRACE.close && (bytes[at] === COMMA || bytes[at] === BRACKET.close);
}

/** Index behind the object that begins there; null when not all of it is there. */
function endOf(bytes: Buffer, from: number): number | null {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
    } else if (byte === BRACE.open || byte === BRACKET.open) {
      depth++;
    } else if (byte === BRACE.close || byte === BRACKET.close) {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return null;
}
