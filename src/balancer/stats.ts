/** HAProxy's statistics: the CSV of `show stat` and of the statistics page, by column name. */

/** One backend's counters and gauges on one balancer. A column that this HAProxy does not have is null. */
export interface BackendStats {
  /** requests that reached the backend since HAProxy started, those that wait or found no server included */
  requests: number | null;
  /** sessions, in HTTP mode requests, within the last second */
  perSecond: number | null;
  /** requests that wait for a server */
  queued: number | null;
  /** open sessions, waiting ones included */
  sessions: number | null;
  /** mean time to the answer over the last 512 requests, whenever they were, ms */
  responseMs: number | null;
  /** answers since HAProxy started */
  answers: number | null;
  answers5xx: number | null;
}

const ANSWERS = ['hrsp_1xx', 'hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx', 'hrsp_5xx', 'hrsp_other'];

/**
 * Every backend by name. Throws Error when the text is not HAProxy's: a page of something else, or of a HAProxy that
 * wants to be logged in to.
 */
export function parseStats(csv: string): Map<string, BackendStats> {
  const [head = '', ...lines] = csv.split('\n');
  if (!head.startsWith('# pxname,svname,')) throw new Error('that is not the CSV of HAProxy’s statistics');
  const columns = new Map(
    head
      .slice(2)
      .split(',')
      .map((name, index) => [name.trim(), index]),
  );
  const backends = new Map<string, BackendStats>();
  for (const line of lines) {
    if (line === '') continue;
    const fields = splitLine(line);
    const [name, server] = fields;
    if (name === undefined || server !== 'BACKEND') continue;
    const number = (column: string): number | null => {
      const text = fields[columns.get(column) ?? -1] ?? '';
      return /^\d+$/.test(text) ? Number(text) : null;
    };
    const answers = ANSWERS.map(number).filter((count) => count !== null);
    backends.set(name, {
      // Not req_tot, which for a backend counts what has been answered: under a load that is too much for the servers it
      // grows as fast as they work, and not as fast as requests arrive. A request in HTTP mode is a session of its backend.
      requests: number('stot'),
      perSecond: number('rate'),
      queued: number('qcur'),
      sessions: number('scur'),
      responseMs: number('rtime'),
      answers: answers.length === 0 ? null : answers.reduce((sum, count) => sum + count, 0),
      answers5xx: number('hrsp_5xx'),
    });
  }
  return backends;
}

/** Fields of one line; a field in quotes may hold commas, and doubled quotes. */
function splitLine(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}
