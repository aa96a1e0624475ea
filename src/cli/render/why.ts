/** `scalectl why` as people read it: what stands, what was decided and by which steps, what would change it. */

import type { ChalkInstance } from 'chalk';
import type { DirectionOutlook, Outlook, SignalOutlook } from '../../autoscale/outlook.js';
import { valueText } from '../../autoscale/text.js';
import type { Decision, SignalVerdict } from '../../autoscale/types.js';
import type { Folded } from '../../daemon/fold.js';
import type { ServiceOutcome } from '../../daemon/types.js';
import type { Why } from '../../daemon/why.js';
import { formatAgeMs, formatDurationMs } from '../../text.js';
import { renderTable, type Column } from './table.js';
import { clockText } from './times.js';
import { wrap } from './wrap.js';

export interface WhyDisplay {
  colour: ChalkInstance;
  width: number;
  /** the note has been told elsewhere, and nothing can be found out anew */
  engineLost?: boolean;
}

export function whyText(why: Why, display: WhyDisplay): string {
  const { width } = display;
  const nowMs = Date.parse(why.at);
  const parts = [
    standingLines(why, nowMs, display),
    ...(why.last === null ? [] : [decisionLines(why.last, why, nowMs, display)]),
    ...(why.outlook === null ? [] : [outlookLines(why.outlook, nowMs, display)]),
    ...(why.earlier.length === 0 ? [] : [earlierLines(why.earlier, nowMs, display)]),
  ];
  return `${parts.map((lines) => lines.flatMap((line) => wrap(line, width, 4)).join('\n')).join('\n\n')}\n`;
}

function standingLines(why: Why, nowMs: number, { colour, engineLost = false }: WhyDisplay): string[] {
  const { service, desired, last, lastScale, paused, policy } = why;
  const replicas = desired === null ? 'no count of replicas' : plural(desired, 'replica');
  const standing = last?.standing;
  const bounds =
    standing === undefined ? '' : `, ${standing.min} to ${standing.max} allowed, ${standing.running} running`;
  const scaledAt = lastScale === null ? null : Date.parse(lastScale.at);
  return [
    `${colour.bold(service)}: ${replicas}${bounds}`,
    ...(paused === null ? [] : [colour.yellow(`  ${paused}`)]),
    ...(standing?.pending == null
      ? []
      : [
          colour.yellow(
            `  ${plural(standing.pending.tasks, 'task')} without a node for ${formatAgeMs(standing.pending.forMs)}: ${standing.pending.message ?? 'no word why'}`,
          ),
        ]),
    ...(lastScale === null || scaledAt === null
      ? []
      : [
          `  last scaled ${lastScale.from} -> ${lastScale.to} at ${clockText(scaledAt, nowMs)}, ${formatAgeMs(nowMs - scaledAt)} ago: ${lastScale.reason}`,
        ]),
    ...policyLines(policy, colour),
    colour.dim(`  ${sourceText(why, nowMs, engineLost)}`),
    ...(why.note === null || engineLost ? [] : [colour.yellow(`  ${why.note}`)]),
  ];
}

function policyLines({ state, problems }: Why['policy'], colour: ChalkInstance): string[] {
  switch (state) {
    case 'on':
      return [];
    case 'off':
      return ['  its policy is off; turn it on with the label scalectl.autoscale=true'];
    case 'none':
      return [
        '  it has no policy, so nothing scales it. Give it one under deploy.labels:',
        "    scalectl.autoscale: 'true'",
        "    scalectl.max: '10'",
        "    scalectl.cpu.target: '70'",
      ];
    case 'invalid':
      return [
        colour.red('  its policy cannot be used, so it is left alone:'),
        ...problems.map(
          ({ place, message, hint }) => `    ${place}: ${message}${hint === undefined ? '' : `. ${hint}`}`,
        ),
      ];
  }
}

function sourceText({ source, intervalMs, note }: Why, nowMs: number, engineLost: boolean): string {
  const every = intervalMs === null ? '' : `, which decides every ${formatDurationMs(intervalMs)}`;
  switch (source.kind) {
    case 'daemon':
      return `says the daemon on this machine (process ${source.pid})${every}`;
    case 'api':
      return `says the daemon at ${source.address}${every}`;
    case 'container':
      return `says the daemon in ${source.address}${every}`;
    case 'journal': {
      const at = Date.parse(source.lastWordAt);
      const word = `the daemon is not running here; its last word is of ${clockText(at, nowMs)}, ${formatAgeMs(nowMs - at)} ago`;
      return engineLost ? word : `${word}. What would be done now: scalectl autoscale --dry-run`;
    }
    case 'dry-run':
      // Where one does, the note says why it was not asked.
      return `${note === null ? 'no daemon looks after it; ' : ''}this was decided just now, and not written`;
    case 'none':
      return note === null ? 'no daemon has ever decided on it' : 'nothing is known of any decision on it';
  }
}

function decisionLines(outcome: ServiceOutcome, why: Why, nowMs: number, display: WhyDisplay): string[] {
  const { decision, at } = outcome;
  const { colour } = display;
  const age = formatAgeMs(nowMs - Date.parse(at));
  const old = why.source.kind === 'journal' ? `at ${clockText(Date.parse(at), nowMs)}` : `${age} ago`;
  return [
    `${headline(outcome, colour)}, decided ${old}`,
    ...(decision.signals.length === 0 ? [] : signalTable(decision.signals, display)),
    ...stepLines(decision),
    ...(outcome.action.kind === 'failed' ? [colour.red(`  not carried out: ${outcome.action.message}`)] : []),
  ];
}

function headline({ decision, action }: ServiceOutcome, colour: ChalkInstance): string {
  const { outcome, from, to } = decision;
  const change = `${outcome} ${from} -> ${to}`;
  if (action.kind === 'failed') return colour.red(`${change}, which failed`);
  if (action.kind === 'would-scale') return colour.bold(`${change}, not written`);
  if (outcome === 'up' || outcome === 'down') return colour.bold(change);
  return colour.bold(outcome === 'skip' ? `left alone at ${from}` : `hold at ${from}`);
}

function signalTable(signals: readonly SignalVerdict[], { colour, width }: WhyDisplay): string[] {
  const columns: Column<SignalVerdict>[] = [
    { title: 'SIGNAL', value: ({ signal }) => signal },
    { title: 'VALUE', value: (verdict) => valueText(verdict), align: 'right' },
    {
      title: 'AGE',
      value: ({ ageMs, value }) => (ageMs === null || value === null ? '-' : formatAgeMs(ageMs)),
      align: 'right',
    },
    { title: 'AIM', value: ({ aim }) => aim },
    { title: 'NEED', value: ({ need }) => (need === null ? '-' : String(need)), align: 'right' },
    {
      title: 'COVERAGE',
      value: ({ coverage }) => (coverage === null ? '-' : `${coverage.sampled}/${coverage.running}`),
      align: 'right',
    },
  ];
  const noted = signals.filter((verdict) => noteOf(verdict) !== '');
  const withNote: Column<SignalVerdict>[] = [...columns, { title: 'NOTE', value: noteOf }];
  const table = (shown: readonly Column<SignalVerdict>[]): string[] =>
    renderTable(shown, signals, { width: Infinity, colour })
      .split('\n')
      .map((line) => `  ${line}`);
  const wide = table(noted.length === 0 ? columns : withNote);
  if (wide.every((line) => line.length <= width)) return wide;
  return [...table(columns), ...noted.map((verdict) => `  ${verdict.signal}: ${noteOf(verdict)}`)];
}

function noteOf({ note, partial }: SignalVerdict): string {
  return [partial, note].filter((text) => text !== undefined && text !== null).join(', ');
}

/** `need 7 -> up step 5 -> max 4`, then each step in its own words. */
function stepLines({ need, adjustments, signals, from }: Decision): string[] {
  if (adjustments.length === 0) return need === null ? [] : [`  need ${need}, and nothing changed it`];
  const known = signals.flatMap((verdict) => verdict.need ?? []);
  const begin =
    known.length > 0 ? `need ${Math.max(...known)}` : signals.length > 0 ? 'need unknown' : `${from}`;
  const steps = adjustments.map(({ rule, after }) => `${rule.replace('-', ' ')} ${after}`);
  return [
    `  ${[begin, ...steps].join(' -> ')}`,
    ...adjustments.map(({ rule, text }) => `    ${rule.replace('-', ' ')}: ${text}`),
  ];
}

function outlookLines(
  { signals, up, down, desired }: Outlook,
  nowMs: number,
  { colour }: WhyDisplay,
): string[] {
  const values = (side: 'growsFrom' | 'shrinksFrom', word: string): string[] =>
    signals.flatMap((one) => {
      const value = one[side];
      return value === null ? [] : [`${one.signal} at ${exact(value, one)} or ${word}`];
    });
  const unknown = signals.filter(({ value }) => value === null).map(({ signal }) => signal);
  const none =
    unknown.length === 0 ? 'no value of any signal' : `nothing, while ${unknown.join(' and ')} is unknown`;
  const grows = values('growsFrom', 'more').join(', or ') || none;
  const shrinks = values('shrinksFrom', 'less').join(', and ') || none;
  return [
    colour.bold('what would change it'),
    `  up from ${desired}: ${grows}`,
    ...directionLines(up, nowMs),
    ...(desired === 0 ? [] : [`  down from ${desired}: ${shrinks}`]),
    ...(desired === 0 ? [] : directionLines(down, nowMs)),
  ];
}

function directionLines({ when, to, inMs, obstacles }: DirectionOutlook, nowMs: number): string[] {
  const why = obstacles.map(({ text }) => text);
  switch (when) {
    case 'impossible':
      return [];
    case 'now':
      return [`    then at once, to ${to ?? '-'}`];
    case 'later':
      return [
        `    not before ${clockText(nowMs + (inMs ?? 0), nowMs)}, in ${formatDurationMs(Math.ceil((inMs ?? 0) / 1000) * 1000)}, then to ${to ?? '-'}: ${why.join('; ')}`,
      ];
    case 'blocked':
      return [`    but not as things are: ${why.join('; ')}`];
  }
}

/** Not rounded: at the value that is named it happens, and at the one before it does not. */
function exact(value: number, { unit }: SignalOutlook): string {
  return `${value} ${value === 1 && /[a-z]{3}s$/.test(unit) ? unit.slice(0, -1) : unit}`.trimEnd();
}

function earlierLines(earlier: readonly Folded[], nowMs: number, { colour }: WhyDisplay): string[] {
  return [
    colour.bold('before, newest first'),
    ...earlier.map((one) => `  ${foldedText(one, nowMs, colour)}`),
  ];
}

function foldedText(one: Folded, nowMs: number, colour: ChalkInstance): string {
  if (one.kind === 'event') return `${clockText(Date.parse(one.at), nowMs)}  ${colour.yellow(one.text)}`;
  const { firstAt, lastAt, count, outcome, from, to, action, reasons } = one;
  const first = Date.parse(firstAt);
  const overMs = Date.parse(lastAt) - first;
  const times = count === 1 ? '' : `${count} x `;
  const over =
    count === 1 || overMs < 1000 ? '' : ` over ${formatDurationMs(Math.round(overMs / 1000) * 1000)}`;
  const change = from === to ? `${outcome} at ${from}` : `${outcome} ${from} -> ${to}`;
  const result =
    action.kind === 'failed'
      ? ` FAILED (${action.message})`
      : action.kind === 'would-scale'
        ? ' not written'
        : '';
  return `${clockText(first, nowMs)}  ${times}${from === to ? change : colour.bold(change)}${over}${result}: ${reasons.join('; ')}`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
