import { appendFileSync, chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, decisionEvent } from '../../test/support/outcomes.js';
import { isDecision, readEntry, writeEntry } from './journal-entry.js';
import { readJournal } from './journal-file.js';
import { JournalMemory } from './journal-memory.js';
import { Journal } from './journal.js';
import { journalPath } from './state-dir.js';

let directory: string;
let path: string;
let failures: string[];
let nowMs: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scalectl-journal-'));
  path = join(directory, 'state', 'cluster1.jsonl');
  failures = [];
  nowMs = 0;
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function opened(largest?: number): Promise<Journal> {
  const journal = new Journal({
    monotonicMs: () => nowMs,
    onFailure: (message) => failures.push(message),
    ...(largest === undefined ? {} : { largest }),
  });
  await journal.begin(path);
  return journal;
}

const lines = (file = path): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');

describe('the journal in memory', () => {
  it('keeps so many of each service, the youngest', () => {
    const memory = new JournalMemory({ perService: 20 });
    for (let seconds = 0; seconds < 50; seconds++) memory.add(entry({ seconds }));
    expect(memory.decisions('shop_web').map(({ event }) => event.at)).toEqual(
      Array.from({ length: 20 }, (_, index) => at(30 + index)),
    );
  });

  it('is bounded over all services: the more there are, the less of each', () => {
    const memory = new JournalMemory({ perService: 100, decisions: 240 });
    for (const services of [1, 2, 50, 300]) {
      for (let round = 0; round < 120; round++) {
        for (let service = 0; service < services; service++) {
          memory.add(entry({ service: `s${service}`, seconds: round }));
          expect(memory.size).toBeLessThanOrEqual(240);
        }
      }
      const each = Math.max(1, Math.min(100, Math.floor(240 / services)));
      expect(memory.decisions(`s${services - 1}`)).toHaveLength(each);
      expect(memory.decisions('s0')).toHaveLength(services === 300 ? 0 : each);
    }
    expect(memory.services()).toHaveLength(240);
  });

  it('keeps once what an entry has in common with the one before', () => {
    const memory = new JournalMemory();
    const given = [entry({ seconds: 0 }), entry({ seconds: 5 }), entry({ seconds: 10, from: 2, to: 4 })];
    given.forEach((one) => memory.add(one));
    const kept = memory.decisions('shop_web');
    expect(kept).toEqual(given);
    const [first, second, third] = kept.map(({ event }) => event.outcome);
    expect(second?.decision).toBe(first?.decision);
    expect(third?.standing).toBe(first?.standing);
    expect(third?.decision.signals[0]?.coverage).toBe(first?.decision.signals[0]?.coverage);
  });

  it('keeps events apart from decisions, and gives those of one service with those of all', () => {
    const memory = new JournalMemory({ events: 3 });
    for (const message of ['a', 'b', 'c', 'd'])
      memory.add({ event: { type: 'engine-lost', level: 'warn', at: at(0), message }, repeats: 0 });
    memory.add({ event: { type: 'policy-mended', level: 'info', at: at(0), service: 'other' }, repeats: 0 });
    expect(memory.events('shop_web').map(({ event }) => event.type)).toEqual(['engine-lost', 'engine-lost']);
    expect(memory.events(null)).toHaveLength(3);
  });

  function entry(options: Parameters<typeof decisionEvent>[0]) {
    return { event: decisionEvent(options), repeats: 0 };
  }
});

describe('a line of the journal', () => {
  it('is read as it was written', () => {
    const entry = { event: decisionEvent({ from: 2, to: 4 }), repeats: 3 };
    expect(readEntry(writeEntry(entry).trimEnd())).toEqual(entry);
  });

  it.each([
    ['half a line', '{"journal":1,"type":"deci'],
    ['no journal', '{"type":"decision"}'],
    ['no time', '{"journal":1,"type":"started"}'],
    ['a decision without one', `{"journal":1,"type":"decision","at":"${at(0)}","outcome":{"service":"a"}}`],
    ['nothing', ''],
  ])('is skipped where it is %s', (_, line) => {
    expect(readEntry(line)).toBeNull();
  });
});

describe('the journal on disk', () => {
  it('holds what is news, and how often it was decided so in between', async () => {
    const journal = await opened();
    journal.record(decisionEvent({ seconds: 0 }));
    for (const seconds of [5, 10, 15]) journal.record(decisionEvent({ seconds, level: 'debug' }));
    journal.record(decisionEvent({ seconds: 20, from: 2, to: 4 }));
    journal.record(decisionEvent({ seconds: 25, from: 4 }));
    for (const seconds of [30, 35]) journal.record(decisionEvent({ seconds, from: 4, level: 'debug' }));
    await journal.close();
    const found = (await readJournal(path)).map(
      ({ event, repeats }) => `${event.at.slice(14, 19)} ${repeats}`,
    );
    expect(found).toEqual(['00:00 0', '00:20 3', '00:25 0', '00:35 1']);
    expect(journal.memory.decisions('shop_web')).toHaveLength(8);
  });

  it('is there again after a restart, and goes on', async () => {
    const first = await opened();
    first.record(decisionEvent({ seconds: 0, from: 2, to: 4 }));
    first.record({ type: 'engine-lost', level: 'warn', at: at(3), message: 'gone' });
    await first.close();
    const second = await opened();
    second.record(decisionEvent({ seconds: 5, from: 4 }));
    expect(second.memory.decisions('shop_web').map(({ event }) => event.at)).toEqual([at(0), at(5)]);
    expect(second.memory.events(null)).toHaveLength(1);
    await second.close();
    expect(lines()).toHaveLength(3);
  });

  it('takes up what happened before it was known where it lies', async () => {
    const journal = new Journal({ monotonicMs: () => 0 });
    journal.record({ type: 'engine-lost', level: 'warn', at: at(0), message: 'gone' });
    await journal.begin(path);
    await journal.close();
    expect(lines()).toHaveLength(1);
    expect(journal.memory.events(null)).toHaveLength(1);
  });

  it('is of two files that take turns, and never larger than both', async () => {
    const line = Buffer.byteLength(writeEntry({ event: decisionEvent(), repeats: 0 }));
    const largest = 10 * line;
    const journal = await opened(largest);
    for (let seconds = 0; seconds < 57; seconds++) {
      journal.record(decisionEvent({ seconds }));
      if (seconds % 3 === 0) await journal.close();
    }
    await journal.close();
    const [now, before] = [path, path.replace('.jsonl', '.1.jsonl')];
    expect(statSync(now).size).toBeLessThanOrEqual(largest);
    expect(statSync(before).size).toBeLessThanOrEqual(largest);
    const kept = (await readJournal(path)).map(({ event }) => event.at);
    expect(kept.at(-1)).toBe(at(56));
    expect(kept.length).toBeGreaterThan(10);
    expect(kept).toEqual([...kept].sort());
  });

  it('is for its user alone', async () => {
    const journal = await opened();
    journal.record(decisionEvent());
    await journal.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'state')).mode & 0o777).toBe(0o700);
  });

  it('skips a line that a dying writer left half, and begins a new one behind it', async () => {
    const first = await opened();
    first.record(decisionEvent({ seconds: 0 }));
    await first.close();
    appendFileSync(path, '{"journal":1,"type":"decision","at":"2026-06');
    const second = await opened();
    second.record(decisionEvent({ seconds: 10 }));
    await second.close();
    expect((await readJournal(path)).map(({ event }) => event.at)).toEqual([at(0), at(10)]);
    expect(lines()).toHaveLength(3);
  });

  it('is done without where it cannot be written: said once, tried again after a minute', async () => {
    writeFileSync(join(directory, 'state'), 'a file where a directory should be');
    const journal = await opened();
    journal.record(decisionEvent({ seconds: 0 }));
    await journal.close();
    journal.record(decisionEvent({ seconds: 5 }));
    await journal.close();
    expect(failures).toEqual([expect.stringContaining('EEXIST')]);
    expect(journal.memory.decisions('shop_web')).toHaveLength(2);
    nowMs = 61_000;
    journal.record(decisionEvent({ seconds: 61 }));
    await journal.close();
    expect(failures).toHaveLength(1);
    await rm(join(directory, 'state'));
    nowMs = 122_000;
    journal.record(decisionEvent({ seconds: 122 }));
    await journal.close();
    expect(lines()).toHaveLength(1);
  });

  it('is neither written nor believed where others may enter', async () => {
    const state = join(directory, 'state');
    mkdirSync(state);
    chmodSync(state, 0o777);
    const journal = await opened();
    journal.record(decisionEvent());
    await journal.close();
    expect(failures).toEqual([`${state} is not this user's alone`]);
    writeFileSync(path, writeEntry({ event: decisionEvent(), repeats: 0 }));
    expect(await readJournal(path)).toEqual([]);
    chmodSync(state, 0o700);
    expect((await readJournal(path)).filter(isDecision)).toHaveLength(1);
  });

  it.each([
    [{ SCALECTL_STATE_DIR: '/a' }, 0, '/a/c.jsonl'],
    [{ XDG_STATE_HOME: '/x', HOME: '/h' }, 0, '/var/lib/scalectl/c.jsonl'],
    [{ XDG_STATE_HOME: '/x', HOME: '/h' }, 1000, '/x/scalectl/c.jsonl'],
    [{ HOME: '/h' }, 1000, '/h/.local/state/scalectl/c.jsonl'],
  ])('lies where its user has state: %j for %i', (env, uid, expected) => {
    expect(journalPath('c', { env, uid })).toBe(expected);
  });
});
