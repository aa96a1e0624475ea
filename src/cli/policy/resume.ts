import { resumeService } from '../../deploy/pause.js';
import type { Context } from '../context.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { namedServices } from './services.js';

/** Ends pauses; a service that is not paused is left as it is. */
export async function run(context: Context, args: readonly string[]): Promise<void> {
  const engine = await context.engine();
  const { globals, signal, stdout } = context;
  const resumed: { service: string; wasPaused: boolean }[] = [];
  for (const service of await namedServices(context, engine, args, 'resume')) {
    const wasPaused = await resumeService(engine, service, { signal });
    const { Name } = service.Spec;
    resumed.push({ service: Name, wasPaused });
    if (globals.output === 'name') stdout.write(`${Name}\n`);
    else if (!isStructured(context)) {
      stdout.write(`${Name}: ${wasPaused ? 'the autoscaler looks after it again' : 'was not paused'}\n`);
    }
  }
  if (isStructured(context)) {
    await writeStructured(context, { apiVersion: 'scalectl/v1', kind: 'Resumed', services: resumed });
  }
}
