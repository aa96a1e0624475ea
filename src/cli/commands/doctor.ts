import { FailedError } from '../../errors.js';
import { EngineError, type Engine } from '../../swarm/engine.js';
import type { Options } from '../command.js';
import { colours, type Context } from '../context.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { examine, type Finding } from '../../status/examine.js';

export async function run(context: Context, _args: readonly string[], _options: Options): Promise<void> {
  const engine = await context.engine();
  const findings = await examineEngine(engine, context.signal);
  if (isStructured(context)) {
    await writeStructured(context, {
      apiVersion: 'scalectl/v1',
      kind: 'Diagnosis',
      address: engine.address,
      findings,
    });
  } else {
    const colour = await colours(context, context.stdout);
    const sign = { ok: colour.green('ok  '), warning: colour.yellow('warn'), problem: colour.red('BAD ') };
    for (const { level, subject, text, advice } of findings) {
      context.stdout.write(
        `${sign[level]} ${subject}: ${text}\n${advice === null ? '' : `       ${advice}\n`}`,
      );
    }
  }
  const problems = findings.filter(({ level }) => level === 'problem');
  if (problems.length > 0) {
    throw new FailedError(
      `${problems.length} thing${problems.length === 1 ? '' : 's'} to mend: ${problems.map(({ subject }) => subject).join(', ')}`,
    );
  }
}

async function examineEngine(engine: Engine, signal: AbortSignal): Promise<Finding[]> {
  try {
    return await examine(engine, { signal });
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind === 'aborted') throw error;
    return [{ level: 'problem', subject: 'Engine', text: error.message, advice: adviceFor(error) }];
  }
}

function adviceFor(error: EngineError): string | null {
  if (error.kind !== 'unreachable') return error.hint ?? null;
  return 'Start it (systemctl start docker), or say where it is: --host, --context or DOCKER_HOST.';
}
