import { type LabCommand, parseCommand, USAGE } from './args.js';
import { isEngineUp } from './engine.js';
import { LabUsageError, messageOf } from './errors.js';
import { ensureImages, isBuilding } from './images.js';
import { defaultName, openLab, removeLab, startLab } from './lab.js';
import { findLeftovers, isClean } from './leftovers.js';
import { isNodeLinkUp } from './network.js';
import { ensurePackages } from './packages.js';
import { listInstances, nodesOf, readRecord } from './record.js';
import { nodeStates } from './swarm.js';
import { purgeCache } from './teardown.js';

const abort = new AbortController();
let ended: number | undefined;

function say(line: string): void {
  process.stderr.write(`lab: ${line}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function carryOut(command: LabCommand): Promise<void> {
  switch (command.verb) {
    case 'help':
      process.stdout.write(USAGE);
      return;
    case 'up':
      await up(command);
      return;
    case 'down':
      await down(command);
      return;
    case 'status':
      await status(command.name);
      return;
    case 'env':
      printEnv(openLab(command.name ?? defaultName()).env());
      return;
    case 'images':
      await ensurePackages(say, abort.signal);
      for (const [variable, image] of Object.entries(
        (await ensureImages(say, { signal: abort.signal })).images,
      )) {
        print(`${variable}=${image}`);
      }
      return;
    case 'node': {
      const node = openLab(command.name ?? defaultName()).node(command.index);
      await node[command.action]();
      say(`node ${command.index}: ${command.action} done`);
      return;
    }
  }
}

async function up(command: LabCommand & { verb: 'up' }): Promise<void> {
  const name = command.name ?? defaultName();
  if (readRecord(name)) say(`lab ${name} is already up; looking after it`);
  const startedAt = Date.now();
  const lab = await startLab({
    name,
    ...(command.nodes === undefined ? {} : { nodes: command.nodes }),
    ...(command.engine === undefined ? {} : { engine: command.engine }),
    onProgress: say,
    signal: abort.signal,
  });
  say(
    `lab ${name} is up with ${lab.nodes.length} node(s) after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`,
  );
  say(
    `point your shell at it: eval "$(npm run -s lab -- env${name === 'default' ? '' : ` --name ${name}`})"`,
  );
  for (const node of lab.nodes) print(`node${node.index}  ${node.address}  ${node.dockerHost}`);
  for (const [variable, image] of Object.entries(lab.images)) print(`${variable}  ${image}`);
}

async function down(command: LabCommand & { verb: 'down' }): Promise<void> {
  const names = command.all ? listInstances() : [command.name ?? defaultName()];
  for (const name of names) {
    await removeLab(name, say);
    say(`lab ${name} is gone`);
  }
  if (command.purge) {
    await purgeCache();
    say('the image cache is gone');
  }
}

async function status(only: string | undefined): Promise<void> {
  const names = only === undefined ? [...new Set([...listInstances(), defaultName()])] : [only];
  if (await isBuilding()) print('a lab command builds images just now');
  for (const name of names) {
    const record = readRecord(name);
    if (!record) {
      const left = await findLeftovers(name);
      print(
        `${name}: ${isClean(left) ? 'not up, nothing left of it' : 'not up, but something is left; run "down"'}`,
      );
      for (const [kind, list] of Object.entries(left) as [string, string[]][])
        for (const it of list) print(`  ${kind}: ${it}`);
      continue;
    }
    const nodes = nodesOf(record);
    print(`${name}: Engine ${record.engine}, ${nodes.length} node(s), since ${record.createdAt}`);
    const states = nodes[0]
      ? await nodeStates(nodes[0]).catch(() => new Map<string, string>())
      : new Map<string, string>();
    for (const node of nodes) {
      const engine = `engine ${(await isEngineUp(node)) ? 'up' : 'down'}, cable ${isNodeLinkUp(node) ? 'in' : 'out'}`;
      print(
        `  ${node.hostname}  ${node.address}  ${engine}  swarm ${states.get(node.hostname) ?? 'unknown'}  unix://${node.socket}`,
      );
    }
    for (const [variable, image] of Object.entries(record.images)) print(`  ${variable}  ${image}`);
  }
}

function printEnv(env: Record<string, string>): void {
  for (const [name, value] of Object.entries(env)) print(`export ${name}='${value}'`);
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    ended = code;
    abort.abort(new Error(`ended by ${signal}`));
  });
}

// `lab status | head -1` closes the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await carryOut(parseCommand(process.argv.slice(2)));
} catch (error) {
  say(messageOf(abort.signal.aborted ? abort.signal.reason : error));
  process.exitCode = ended ?? (error instanceof LabUsageError ? 2 : 1);
}
