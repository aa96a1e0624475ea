import { converge } from '../../deploy/converge.js';
import { scaleService, type Scaled } from '../../deploy/scale.js';
import { UserError } from '../../errors.js';
import { IMAGE_LABEL } from '../../stack/names.js';
import type { SwarmService } from '../../swarm/objects.js';
import type { Options } from '../command.js';
import { timeoutMs, type Context } from '../context.js';
import { progressDisplay } from '../render/progress.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { findServices } from '../stack-choice.js';

const DEFAULT_TIMEOUT_MS = 2 * 60_000;
/** More tasks than any Swarm of the size that scalectl is for can run: a slip of the finger. */
const ABSURD_REPLICAS = 1_000;
const DATABASE =
  /(^|\/)(postgres|postgresql|postgis|timescaledb|mysql|mariadb|mongo|mongodb|cockroach|redis|valkey)([:@-]|$)/;

interface Request {
  name: string;
  replicas: number;
}

export async function run(context: Context, args: readonly string[], options: Options): Promise<void> {
  const requests = parseRequests(args);
  const timeout = timeoutMs(context, DEFAULT_TIMEOUT_MS);
  const engine = await context.engine();
  const { signal } = context;
  const services = await findServices(
    context,
    engine,
    await engine.listServices(undefined, { signal }),
    requests.map(({ name }) => name),
  );
  // One service may have been named twice, short and in full.
  const repeated = services.findIndex((service, index) => services.indexOf(service) !== index);
  if (repeated >= 0) throw givenTwice(services[repeated]?.Spec.Name ?? '', args[repeated] ?? '');
  services.forEach((service, index) =>
    check(service, requests[index]?.name ?? '', options['force'] === true),
  );

  const display = await progressDisplay(context);
  const scaled: Scaled[] = [];
  try {
    for (const [index, service] of services.entries()) {
      const done = await scaleService(engine, service, requests[index]?.replicas ?? 0, {
        signal,
        now: () => new Date(),
      });
      display.emit({ type: 'done', what: `${done.service} ${done.from} -> ${done.to}`, planned: false });
      scaled.push(done);
    }
    if (options['detach'] !== true) {
      const names = scaled.map(({ service }) => service);
      await converge(engine, names, {
        written: new Set(names),
        timeoutMs: timeout,
        signal,
        emit: display.emit,
      });
    }
  } finally {
    display.close();
  }
  if (isStructured(context)) {
    await writeStructured(context, { apiVersion: 'scalectl/v1', kind: 'Scaled', services: scaled });
  } else if (context.globals.output === 'name') {
    context.stdout.write(scaled.map(({ service }) => `${service}\n`).join(''));
  }
}

function parseRequests(args: readonly string[]): Request[] {
  const seen = new Set<string>();
  return args.map((argument) => {
    const [, name, number] = /^([^=]+)=(.*)$/.exec(argument) ?? [];
    if (name === undefined || number === undefined) {
      throw new UserError(`cannot read "${argument}"`, {
        place: 'scale',
        hint: 'Write SERVICE=REPLICAS: backend=5',
      });
    }
    if (!/^\d+$/.test(number)) {
      throw new UserError(`"${number}" is no number of replicas`, {
        place: `scale ${argument}`,
        hint: `Give a whole number, 0 or more: ${name}=5`,
      });
    }
    const replicas = Number(number);
    if (replicas > ABSURD_REPLICAS) {
      throw new UserError(
        `${number} replicas are more than any Swarm runs; the most that scale takes is ${ABSURD_REPLICAS}`,
        {
          place: `scale ${argument}`,
          hint: 'Check the number.',
        },
      );
    }
    if (seen.has(name)) throw givenTwice(name, argument);
    seen.add(name);
    return { name, replicas };
  });
}

function givenTwice(name: string, argument: string): UserError {
  return new UserError(`${name} is given twice`, {
    place: `scale ${argument}`,
    hint: 'Name each service once.',
  });
}

function check(service: SwarmService, name: string, force: boolean): void {
  const { Spec } = service;
  if (Spec.Mode.Replicated === undefined) {
    const mode = Spec.Mode.Global === undefined ? 'a job' : 'a global service';
    throw new UserError(`${name} is ${mode} and has no number of replicas`, {
      place: `scale ${name}`,
      hint:
        Spec.Mode.Global === undefined
          ? 'Deploy it again to run it again.'
          : 'It runs once on each node; placement constraints decide on which.',
    });
  }
  const image = Spec.Labels[IMAGE_LABEL] ?? Spec.TaskTemplate.ContainerSpec?.Image ?? '';
  const kind = DATABASE.exec(image)?.[2];
  if (kind !== undefined && !force) {
    throw new UserError(`${name} is a database (${kind}): a further replica is no copy of it by itself`, {
      place: `scale ${name}`,
      hint: 'If its own replication takes care of that, say so with --force.',
    });
  }
}
