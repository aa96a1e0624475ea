/** `npm run bench`: measures, shows the figures beside the targets. A benchmark, never a test: a miss is no failure. */

import { parseArgs } from 'node:util';
import type { EngineVersion } from '../test/lab/record.js';
import { benchAgent } from './agent.js';
import { benchDaemon } from './daemon.js';
import { benchDeploy } from './deploy.js';
import { benchLoad } from './load.js';
import { benchPlan } from './plan.js';
import { loadNow, machine, sectionJson, sectionText, type Result, type Section } from './results.js';
import { benchSampling } from './sampling.js';
import { benchStartup } from './startup.js';
import { benchTick } from './tick.js';
import { openWorld, type World } from './world.js';

const USAGE = `Usage: npm run bench -- [NAME...] [options]

  load       reading a stack file with 500 services, against docker stack config
  plan       the plan for 500 services that are there, on a Swarm in memory, against docker stack deploy
  deploy     the shop from nothing, with a change and without, against docker stack deploy --detach=false
  sampling   CPU and memory of 50 containers, against stats(stream=false) one after the other
  startup    whole processes: --help, status --no-stats, status with 50 containers
  daemon     memory and CPU of the daemon at rest with 50 containers
  agent      50 containers told by an agent, and what the agent needs at rest
  tick       a tick of the daemon over 1,000 services with 10,000 tasks, on a Swarm in memory
All of them when none is named.

  --engine 20|26|both   the lab's Engine (20)
  --rounds N            rounds of the short programs (25)
  --seconds N           how long the daemon, the agent and its ticks are watched (60)
  --deploys N           rounds of the deploys, about 2 minutes each (3)
  --full                sampling: ask all 50 one after the other instead of 20
  -o, --output json     figures for programs
  --lab NAME            the lab's name (bench); it is brought up, and taken down at the end
  --keep                leave the lab up
`;

const NAMES = ['load', 'plan', 'deploy', 'sampling', 'startup', 'daemon', 'agent', 'tick'] as const;
type Name = (typeof NAMES)[number];
/** measured with fifty containers there; the deploys begin with an empty Swarm */
const WITH_FIFTY: readonly Name[] = ['sampling', 'startup', 'daemon', 'agent'];

interface Settings {
  names: readonly Name[];
  engines: readonly EngineVersion[];
  rounds: number;
  seconds: number;
  deploys: number;
  full: boolean;
  json: boolean;
  labName: string;
  keep: boolean;
}

class UsageError extends Error {}

function settingsFrom(argv: string[]): Settings | null {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      engine: { type: 'string', default: '20' },
      rounds: { type: 'string', default: '25' },
      seconds: { type: 'string', default: '60' },
      deploys: { type: 'string', default: '3' },
      full: { type: 'boolean', default: false },
      output: { type: 'string', short: 'o', default: 'text' },
      lab: { type: 'string', default: 'bench' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const unknown = positionals.find((name) => !NAMES.some((known) => known === name));
  if (unknown !== undefined) throw new UsageError(`there is no benchmark "${unknown}"`);
  const engines = { '20': ['20'], '26': ['26'], both: ['20', '26'] } as const;
  if (!(values.engine in engines)) throw new UsageError('--engine takes 20, 26 or both');
  if (values.output !== 'text' && values.output !== 'json')
    throw new UsageError('--output takes text or json');
  return {
    names: positionals.length === 0 ? NAMES : NAMES.filter((name) => positionals.includes(name)),
    engines: engines[values.engine as keyof typeof engines],
    rounds: count(values.rounds, '--rounds'),
    seconds: count(values.seconds, '--seconds'),
    deploys: count(values.deploys, '--deploys'),
    full: values.full,
    json: values.output === 'json',
    labName: values.lab,
    keep: values.keep,
  };
}

function count(text: string, flag: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new UsageError(`${flag} takes a whole number from 1 to 9999`);
  return Number(text);
}

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}

async function measure(settings: Settings, signal: AbortSignal): Promise<void> {
  const about = machine();
  if (!settings.json) {
    process.stdout.write(
      `${about.cores} cores of ${about.cpu}, ${about.memoryGiB} GiB, Linux ${about.kernel}, Node ${about.node}\n` +
        'Rounds take turns; a ratio is the median of the ratios of the rounds.\n\n',
    );
  }
  const sections: Section[] = [];
  for (const engine of settings.engines) {
    const { labName, keep } = settings;
    const world = await openWorld({ engine, labName, keep, say, signal });
    try {
      let fifty = false;
      for (const name of settings.names) {
        if (!fifty && WITH_FIFTY.includes(name)) {
          world.deployFifty();
          fifty = true;
        }
        say(`${name}, on Engine ${world.engineRelease}`);
        const before = loadNow();
        const results = await benchmark(name, world, settings, signal);
        const section: Section = {
          benchmark: name,
          engine: world.engineRelease,
          load: [before, loadNow()],
          results,
        };
        sections.push(section);
        if (!settings.json) process.stdout.write(`${sectionText(section)}\n`);
      }
    } finally {
      await world.close();
    }
  }
  if (settings.json) {
    const report = { apiVersion: 'scalectl/v1', kind: 'Bench', machine: about };
    process.stdout.write(`${JSON.stringify({ ...report, sections: sections.map(sectionJson) }, null, 2)}\n`);
  }
}

function benchmark(name: Name, world: World, settings: Settings, signal: AbortSignal): Promise<Result[]> {
  switch (name) {
    case 'load':
      return benchLoad(world, { rounds: settings.rounds, signal });
    case 'plan':
      return benchPlan(world, { rounds: settings.rounds, signal });
    case 'deploy':
      return benchDeploy(world, { rounds: settings.deploys, signal });
    case 'sampling':
      return benchSampling(world, { full: settings.full, signal });
    case 'startup':
      return benchStartup(world, { rounds: settings.rounds, signal });
    case 'daemon':
      return benchDaemon(world, { seconds: settings.seconds, signal });
    case 'agent':
      return benchAgent(world, { seconds: settings.seconds, signal });
    case 'tick':
      return benchTick(world, { seconds: settings.seconds, signal });
  }
}

const abort = new AbortController();
let endedBy: number | undefined;
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    endedBy = code;
    abort.abort(new Error(`ended by ${signal}`));
  });
}

try {
  const settings = settingsFrom(process.argv.slice(2));
  if (settings === null) process.stdout.write(USAGE);
  else await measure(settings, abort.signal);
} catch (error) {
  const wrongFlags =
    error instanceof UsageError || (error instanceof TypeError && /option|argument/i.test(error.message));
  say(
    abort.signal.aborted ? 'ended, and cleaned up' : error instanceof Error ? error.message : String(error),
  );
  if (wrongFlags) process.stderr.write(USAGE);
  process.exitCode = endedBy ?? (wrongFlags ? 2 : 1);
}
