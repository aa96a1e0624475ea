/** Shows progress events on stderr: a spinner on a terminal, lines in a pipe, JSON lines for programs, or nothing. */

import type { ChalkInstance } from 'chalk';
import type { ProgressEvent, ProgressSink, ServiceProgress, TaskProgress } from '../../deploy/events.js';
import { planSummary } from '../../deploy/plan.js';
import { colours, type Context } from '../context.js';
import { paintPlan } from './plan.js';

export interface ProgressDisplay {
  emit: ProgressSink;
  /** Leaves the terminal as it was. Call it also when things fail. */
  close(): void;
}

export async function progressDisplay(context: Context): Promise<ProgressDisplay> {
  const { globals, stderr } = context;
  const mode =
    globals.progress === 'auto'
      ? globals.output === 'json'
        ? 'quiet'
        : stderr.isTTY
          ? 'tty'
          : 'plain'
      : globals.progress;
  if (globals.quiet || mode === 'quiet') return { emit: () => undefined, close: () => undefined };
  if (mode === 'json') {
    return {
      emit: (event) => stderr.write(`${JSON.stringify(progressLine(event))}\n`),
      close: () => undefined,
    };
  }
  // ora wraps its line at the terminal's width, and never ends where there is none.
  const drawable = stderr.isTTY && Number.isFinite(stderr.columns);
  return mode === 'tty' && drawable ? ttyDisplay(context) : plainDisplay(context);
}

/** One event as programs get it; its shape is documented in docs/progress.md. */
export function progressLine(event: ProgressEvent): Record<string, unknown> {
  const head = { apiVersion: 'scalectl/v1', kind: 'Progress', type: event.type };
  switch (event.type) {
    case 'plan':
      return { ...head, ...planSummary(event.plan) };
    case 'done':
      return { ...head, what: event.what };
    case 'warning':
      return { ...head, text: event.text };
    case 'service':
    case 'task':
      return { ...head, ...event.progress };
  }
}

/** A line for what changed: numbers, trouble and tasks that failed, not each step that every task takes. */
async function plainDisplay(context: Context): Promise<ProgressDisplay> {
  const colour = await colours(context, context.stderr);
  const said = new Map<string, string>();
  return {
    emit: (event) => {
      if (event.type === 'service') {
        const { name, state, running, wanted, detail, trouble } = event.progress;
        const gist = `${state} ${running}/${wanted} ${trouble ? detail : ''}`;
        if (said.get(name) === gist) return;
        said.set(name, gist);
      }
      const text = eventText(event, colour);
      if (text !== '') context.stderr.write(`${event.type === 'warning' ? colour.yellow(text) : text}\n`);
    },
    close: () => undefined,
  };
}

async function ttyDisplay(context: Context): Promise<ProgressDisplay> {
  const { default: ora } = await import('ora');
  const colour = await colours(context, context.stderr);
  const services = new Map<string, ServiceProgress>();
  const spinner = ora({
    stream: process.stderr,
    discardStdin: false,
    color: colour.level > 0 ? 'cyan' : false,
  });
  const print = (text: string) => {
    const spinning = spinner.isSpinning;
    if (spinning) spinner.stop();
    context.stderr.write(`${text}\n`);
    if (spinning) spinner.start();
  };
  return {
    emit: (event) => {
      if (event.type !== 'service') {
        const text = eventText(event, colour);
        if (text !== '') print(event.type === 'warning' ? colour.yellow(text) : text);
        return;
      }
      const { progress } = event;
      const before = services.get(progress.name);
      services.set(progress.name, progress);
      if (progress.state === 'there' && before?.state !== 'there') {
        print(`${colour.green('✔')} ${serviceText(progress)}`);
      }
      spinner.text = spinnerText([...services.values()], context.stderr.columns);
      if (!spinner.isSpinning) spinner.start();
      if ([...services.values()].every(({ state }) => state === 'there')) spinner.stop();
    },
    close: () => void spinner.stop(),
  };
}

function spinnerText(services: readonly ServiceProgress[], columns: number): string {
  const waiting = services.filter(({ state }) => state !== 'there');
  const text = `${services.length - waiting.length}/${services.length} services: ${waiting.map(serviceText).join('; ')}`;
  const room = Math.max(20, columns - 4);
  return text.length > room ? `${text.slice(0, room - 1)}…` : text;
}

function eventText(event: ProgressEvent, colour: ChalkInstance): string {
  switch (event.type) {
    case 'plan':
      return paintPlan(event.plan, colour);
    case 'warning':
      return `warning: ${event.text}`;
    case 'done':
      return event.planned ? '' : `done: ${event.what}`;
    case 'service':
      return serviceText(event.progress);
    case 'task':
      return event.progress.state === 'failed' ? taskText(event.progress) : '';
  }
}

function taskText({ name, node, error, exitCode }: TaskProgress): string {
  const where = node === null ? '' : ` on ${node}`;
  const code =
    exitCode === null || error?.includes(`(${exitCode})`) === true ? '' : ` (exit code ${exitCode})`;
  return `${name} failed${where}: ${error ?? 'it ended'}${code}`;
}

function serviceText({ name, state, running, wanted, detail }: ServiceProgress): string {
  const count = `${name} ${running}/${wanted}`;
  if (state === 'there') return `${count} up`;
  return state === 'failed' ? `${count} failed: ${detail}` : `${count}, waiting for ${detail}`;
}
