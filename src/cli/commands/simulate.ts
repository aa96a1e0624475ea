import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { UserError } from '../../errors.js';
import { policyByName } from '../../simulate/policies.js';
import { simulate, type PolicyToRun, type SimulationOptions } from '../../simulate/simulate.js';
import { parseTrace, type Trace } from '../../simulate/trace.js';
import { parseDurationNs } from '../../text.js';
import { given, type Options } from '../command.js';
import { colours, durationMs, type Context } from '../context.js';
import { isStructured, writeStructured } from '../render/structured.js';

const DEFAULT_POLICIES = ['hpa-cpu:70', 'scalectl'];

export async function run(context: Context, _args: readonly string[], options: Options): Promise<void> {
  const trace = await readTrace(options['trace'], options['service']);
  const isJobs = trace.jobs !== undefined || options['jobSeconds'] !== undefined;
  const setting = settingOf(options, isJobs, trace);
  const policies = await policiesOf(options, isJobs ? 'jobs' : 'requests', context);
  const baseline = baselineOf(options['baseline'], policies);
  const result = simulate(trace, policies, baseline, setting);

  const { svg } = options;
  if (typeof svg === 'string') {
    const { drawSvg } = await import('../render/simulation-svg.js');
    await writeFile(svg, drawSvg(result)).catch((error: unknown) => {
      throw new UserError(`cannot be written: ${(error as Error).message}`, { place: svg, cause: error });
    });
  }
  if (isStructured(context)) {
    const { demand: _demand, supply: _supply, ...rest } = result;
    await writeStructured(context, {
      apiVersion: 'scalectl/v1',
      kind: 'Simulation',
      ...rest,
      options: setting,
    });
    return;
  }
  const [colour, { simulationText }] = await Promise.all([
    colours(context, context.stdout),
    import('../render/simulation.js'),
  ]);
  const { columns, isTTY } = context.stdout;
  const wide = context.globals.output === 'wide' || !isTTY;
  const withChart = !context.globals.quiet && context.globals.output !== 'name';
  context.stdout.write(simulationText(result, { colour, width: columns, wide, withChart }));
}

async function readTrace(file: Options[string], service: Options[string]): Promise<Trace> {
  if (typeof file !== 'string') {
    throw new UserError('there is no load to replay', {
      place: '--trace',
      hint: 'Give a CSV file that begins with "t_seconds,value": --trace load.csv',
    });
  }
  const name = file === '-' ? 'standard input' : basename(file);
  return parseTrace(name, await readText(file, '--trace'), typeof service === 'string' ? service : null);
}

async function readText(file: string, place: string): Promise<string> {
  if (file === '-') return readAll(process.stdin);
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError(`"${file}" cannot be read: ${(error as Error).message}`, { place, cause: error });
  });
}

async function policiesOf(
  options: Options,
  load: 'requests' | 'jobs',
  { env }: Context,
): Promise<PolicyToRun[]> {
  const names = given(options['policy']);
  const files = given(options['policyFile']);
  const chosen = names.length === 0 && files.length === 0 ? DEFAULT_POLICIES : names;
  const named = chosen.map((name): PolicyToRun => ({ name, make: (setting) => policyByName(name, setting) }));
  if (files.length === 0) return named;
  const { policiesInFile } = await import('../policy-file.js');
  const read = await Promise.all(
    files.map(async (file) => policiesInFile(file, await readText(file, '--policy-file'), load, env)),
  );
  return [...named, ...read.flat()];
}

function baselineOf(name: Options[string], policies: readonly PolicyToRun[]): string {
  const names = policies.map((policy) => policy.name);
  if (typeof name !== 'string') return names[0] ?? '';
  if (names.includes(name)) return name;
  throw new UserError(`"${name}" is not among the policies`, {
    place: '--baseline',
    hint: `Add --policy ${name}, or name one of: ${names.join(', ')}.`,
  });
}

function settingOf(options: Options, isJobs: boolean, trace: Trace): SimulationOptions {
  const seconds = (name: string, flag: string, fallback: number) => {
    const text = options[name];
    if (typeof text !== 'string') return fallback;
    return parseDurationNs(text) === 0 ? 0 : durationMs(text, flag) / 1000;
  };
  const number = (name: string, flag: string, least: number, whole = true) => {
    const text = options[name];
    if (typeof text !== 'string') return null;
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= 1e9 && (!whole || Number.isInteger(value)))
      return value;
    throw new UserError(`"${text}" is not a ${whole ? 'whole ' : ''}number from ${least} on`, {
      place: flag,
    });
  };
  const setting: SimulationOptions = {
    capacity: number('capacity', '--capacity', 0.001, false) ?? 50,
    jobSeconds: number('jobSeconds', '--job-seconds', 0.001, false),
    startupSeconds: Math.round(seconds('startup', '--startup', 10)),
    sloSeconds: seconds('slo', '--slo', isJobs ? 30 : 1),
    graceSeconds: seconds('grace', '--grace', 10),
    seed: number('seed', '--seed', 0) ?? 1,
    peakReplicas: number('peakReplicas', '--peak-replicas', 1),
    steps: options['steps'] === true,
    min: number('min', '--min', isJobs ? 0 : 1) ?? (isJobs ? 0 : 1),
    max: number('max', '--max', 1),
    evalFrom: Math.round(seconds('evalFrom', '--eval-from', 0)),
  };
  if (setting.sloSeconds <= 0) throw new UserError('0 would make every request late', { place: '--slo' });
  if (setting.max !== null && setting.min > setting.max) {
    throw new UserError(`"${setting.min}" is more than --max, which is ${setting.max}`, { place: '--min' });
  }
  const length = Math.floor(trace.rates.length * trace.bucketSeconds);
  if (setting.evalFrom >= length) {
    throw new UserError(`nothing is left to measure: the trace ends after ${length} s`, {
      place: '--eval-from',
    });
  }
  if (trace.jobs !== undefined && (setting.peakReplicas ?? setting.jobSeconds) !== null) {
    throw new UserError('the trace lists its jobs one by one, with sizes of their own', {
      place: setting.peakReplicas === null ? '--job-seconds' : '--peak-replicas',
      hint: 'Leave it out.',
    });
  }
  return setting;
}
