import { pauseService } from '../../deploy/pause.js';
import { UserError } from '../../errors.js';
import { decodeService } from '../../policy/labels.js';
import { LONGEST_PAUSE_MS, pauseFor, pauseText, type Pause } from '../../policy/pause.js';
import type { Options } from '../command.js';
import { durationMs, type Context } from '../context.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { namedServices } from './services.js';

/** Tells the autoscaler to leave services alone, for some time or until they are resumed. */
export async function run(context: Context, args: readonly string[], options: Options): Promise<void> {
  const pause = pauseFrom(options['for'], Date.now());
  const engine = await context.engine();
  const services = await namedServices(context, engine, args, 'pause');
  const { globals, signal, stdout, stderr } = context;
  for (const service of services) {
    const { Name } = service.Spec;
    if (decodeService(service.Spec).kind === 'none' && !globals.quiet) {
      stderr.write(`${Name} has no policy in its labels; it is paused for a daemon that has one for it\n`);
    }
    await pauseService(engine, service, pause, { signal });
    if (globals.output === 'name') stdout.write(`${Name}\n`);
    else if (!isStructured(context)) stdout.write(`${Name}: ${pauseText(pause)}\n`);
  }
  if (isStructured(context)) {
    const paused = services.map(({ Spec }) => ({ service: Spec.Name, ...pause }));
    await writeStructured(context, { apiVersion: 'scalectl/v1', kind: 'Paused', services: paused });
  }
}

function pauseFrom(given: Options[string], nowMs: number): Pause {
  if (typeof given !== 'string') return pauseFor(null, nowMs);
  const ms = durationMs(given, '--for');
  if (ms > LONGEST_PAUSE_MS) {
    throw new UserError(`"${given}" is longer than a year`, {
      place: '--for',
      hint: 'Leave --for out to pause until scalectl policy resume.',
    });
  }
  return pauseFor(ms, nowMs);
}
