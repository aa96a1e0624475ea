/** Numbers that somebody else works out, from labels: a Prometheus query, a place in a JSON document. */

import { didYouMean } from '../text.js';
import type { LabelReader } from './label-reader.js';
import type { JsonSignal, NumberForm, PrometheusSignal } from './policy.js';
import { parseHttpUrl } from './urls.js';
import { parseCount, parsePositive, type Field, type ProblemSink } from './values.js';

const FORMS: readonly NumberForm[] = ['total', 'level'];

export function decodePrometheus(reader: LabelReader): PrometheusSignal | null {
  const url = reader.value('prometheus.url', (field, sink) =>
    parseHttpUrl(field, sink, {
      example: 'http://prometheus:9090',
      secretFile: 'SCALECTL_PROMETHEUS_AUTH_FILE',
    }),
  );
  const query = reader.text('prometheus.query', 'query', 'sum(rate(http_requests_total[1m]))');
  const aim = decodeAim(reader, 'prometheus');
  requireAll(reader, 'prometheus', {
    'prometheus.url': 'http://prometheus:9090',
    'prometheus.query': 'sum(rate(http_requests_total[1m]))',
    'prometheus.target': '100',
  });
  return url === null || query === null || aim === null ? null : { kind: 'prometheus', url, query, ...aim };
}

export function decodeJson(reader: LabelReader): JsonSignal | null {
  const url = reader.value('json.url', (field, sink) =>
    parseHttpUrl(field, sink, {
      example: 'http://app:8080/status',
      secretFile: 'SCALECTL_JSON_AUTH_FILE',
      query: true,
    }),
  );
  const pointer = reader.value('json.pointer', parsePointer);
  const aim = decodeAim(reader, 'json');
  requireAll(reader, 'json', {
    'json.url': 'http://app:8080/status',
    'json.pointer': '/queue/depth',
    'json.target': '10',
  });
  return url === null || pointer === null || aim === null ? null : { kind: 'json', url, pointer, ...aim };
}

interface Aim {
  form: NumberForm;
  target: number;
  activation?: number;
}

function decodeAim(reader: LabelReader, group: 'prometheus' | 'json'): Aim | null {
  const form = reader.has(`${group}.kind`) ? reader.value(`${group}.kind`, parseForm) : 'total';
  const target = reader.value(`${group}.target`, (field, sink) =>
    parsePositive(field, sink, 'units per replica'),
  );
  const activation = reader.value(`${group}.activation`, (field, sink) => parseCount(field, sink, 'units'));
  if (form === null || target === null) return null;
  return { form, target, ...(activation === null ? {} : { activation }) };
}

function requireAll(reader: LabelReader, group: string, needed: Readonly<Record<string, string>>): void {
  const parts = [...Object.keys(needed), `${group}.kind`, `${group}.activation`];
  const first = parts.find((part) => reader.has(part));
  if (first !== undefined) reader.requires(first, needed);
}

function parseForm(field: Field, sink: ProblemSink): NumberForm | null {
  return (
    FORMS.find((form) => form === field.text) ??
    sink.reject(
      field,
      'is neither "total" nor "level"',
      didYouMean(field.text, FORMS) ??
        `Write ${field.assign('total')} for a number that grows with the work, "level" for one like a latency.`,
    )
  );
}

/** RFC 6901: empty, or parts that begin with `/`, in which `~` stands only in `~0` and `~1`. */
function parsePointer(field: Field, sink: ProblemSink): string | null {
  if (/^(\/([^~/]|~[01])*)*$/.test(field.text)) return field.text;
  return sink.reject(field, 'is not a JSON pointer', `Write ${field.assign('/queue/depth')}, for example.`);
}
