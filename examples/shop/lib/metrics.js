const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** @param {Record<string, string | number>} labels */
function labelText(labels) {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const escaped = String(value).replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
    return `${name}="${escaped}"`;
  });
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

/** The little of Prometheus that a small service needs: counters, gauges that are read when asked, histograms. */
export class Metrics {
  /** @type {Map<string, { help: string, kind: string, series: Map<string, number>, read?: () => number }>} */
  #families = new Map();
  /** @type {Map<string, { labels: Record<string, string | number>, counts: number[], sum: number, count: number }>} */
  #histograms = new Map();

  /**
   * @param {string} name
   * @param {string} help
   * @returns {(labels?: Record<string, string | number>, by?: number) => void}
   */
  counter(name, help) {
    const series = new Map();
    this.#families.set(name, { help, kind: 'counter', series });
    return (labels = {}, by = 1) => {
      const key = labelText(labels);
      series.set(key, (series.get(key) ?? 0) + by);
    };
  }

  /**
   * @param {string} name
   * @param {string} help
   * @param {() => number} read
   * @param {'gauge' | 'counter'} [kind]
   */
  gauge(name, help, read, kind = 'gauge') {
    this.#families.set(name, { help, kind, series: new Map(), read });
  }

  /**
   * @param {string} name
   * @param {string} help
   * @returns {(labels: Record<string, string | number>, seconds: number) => void}
   */
  histogram(name, help) {
    this.#families.set(name, { help, kind: 'histogram', series: new Map() });
    return (labels, seconds) => {
      const key = name + labelText(labels);
      let row = this.#histograms.get(key);
      if (!row) {
        row = { labels, counts: BUCKETS.map(() => 0), sum: 0, count: 0 };
        this.#histograms.set(key, row);
      }
      row.sum += seconds;
      row.count++;
      for (let i = 0; i < BUCKETS.length; i++) if (seconds <= BUCKETS[i]) row.counts[i]++;
    };
  }

  /** Memory and processor time under the names that every Prometheus client library uses. */
  addProcess() {
    this.gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
    this.gauge(
      'process_cpu_seconds_total',
      'User and system time.',
      () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1e6;
      },
      'counter',
    );
    return this;
  }

  /** @returns {string} the Prometheus text format, version 0.0.4 */
  render() {
    const lines = [];
    for (const [name, { help, kind, series, read }] of this.#families) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
      if (read) lines.push(`${name} ${read()}`);
      for (const [labels, value] of series) lines.push(`${name}${labels} ${value}`);
      if (kind === 'histogram') lines.push(...this.#renderHistogram(name));
    }
    return `${lines.join('\n')}\n`;
  }

  /** @param {string} name */
  *#renderHistogram(name) {
    for (const [key, { labels, counts, sum, count }] of this.#histograms) {
      const own = labelText(labels);
      if (key !== name + own) continue;
      for (let i = 0; i < BUCKETS.length; i++) {
        yield `${name}_bucket${labelText({ ...labels, le: BUCKETS[i] })} ${counts[i]}`;
      }
      yield `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`;
      yield `${name}_sum${own} ${sum}`;
      yield `${name}_count${own} ${count}`;
    }
  }
}
