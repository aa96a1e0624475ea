import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { parseAllDocuments, stringify } from 'yaml';
import { UserError, type Problem } from '../../errors.js';
import { importHpa, isHpa, type Imported } from '../../policy/import-hpa.js';
import { decodeLabels } from '../../policy/labels.js';
import type { Context } from '../context.js';

/** Prints the labels that stand for the HorizontalPodAutoscalers of a manifest, and says what has no equal. */
export async function run(context: Context, args: readonly string[]): Promise<void> {
  const [file, ...more] = args;
  if (file === undefined || more.length > 0) {
    throw new UserError('policy import needs one manifest', {
      place: 'command line',
      hint: 'Write: scalectl policy import hpa.yaml (- reads standard input)',
    });
  }
  const imported = importAll(file, await read(file));
  const { globals, stdout, stderr } = context;
  for (const { name, warnings } of imported) {
    if (!globals.quiet) stderr.write(warnings.map((text) => `warning: ${name}: ${text}\n`).join(''));
  }
  if (globals.output === 'json') {
    const result = { apiVersion: 'scalectl/v1', kind: 'PolicyLabels', services: imported };
    stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  } else {
    const services = imported.map(({ service, labels }) => [service, { deploy: { labels } }] as const);
    stdout.write(stringify({ services: Object.fromEntries(services) }));
  }
}

function importAll(file: string, text: string): Imported[] {
  const documents = parseAllDocuments(text);
  const broken = ('empty' in documents ? [] : documents).flatMap(({ errors }) => errors)[0];
  if (broken !== undefined) {
    throw new UserError(`is no YAML: ${(broken.message.split('\n')[0] ?? '').replace(/:$/, '')}`, {
      place: file,
      hint: 'Write it out with: kubectl get hpa NAME -o yaml',
      cause: broken,
    });
  }
  const found = documents
    .map((document) => document.toJS() as unknown)
    .filter(isHpa)
    .map(importHpa);
  const problems = found.flatMap((one): Problem[] => ('problems' in one ? one.problems : []));
  const [first, ...others] = problems.map((one) => ({ ...one, place: `${file}: ${one.place}` }));
  if (first !== undefined) throw UserError.of([first, ...others]);
  const imported = found.flatMap((one) => ('problems' in one ? [] : [checked(one)]));
  if (imported.length > 0) return imported;
  throw new UserError('has no HorizontalPodAutoscaler in it', {
    place: file,
    hint: 'Write one out with: kubectl get hpa NAME -o yaml',
  });
}

/** With a warning for whatever still stands between the labels and a policy. */
function checked(imported: Imported): Imported {
  const decoded = decodeLabels(imported.service, imported.labels, 'replicated');
  if (decoded.kind !== 'invalid') return imported;
  const rest = decoded.problems.map(({ place, message, hint }) =>
    `${place} ${message}. ${hint ?? ''}`.trim(),
  );
  return { ...imported, warnings: [...imported.warnings, ...rest] };
}

async function read(file: string): Promise<string> {
  try {
    return await (file === '-' ? textOf(process.stdin) : readFile(file, 'utf8'));
  } catch (cause) {
    throw new UserError(`there is no readable file ${file}`, {
      place: 'policy import',
      hint: 'Name a manifest: kubectl get hpa NAME -o yaml > hpa.yaml',
      cause,
    });
  }
}
