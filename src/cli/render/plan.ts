/** A plan as a person reads it: what comes is green, what changes yellow, what goes red, what is made anew magenta. */

import type { ChalkInstance } from 'chalk';
import { losses, planLines, type Plan, type Sign } from '../../deploy/plan.js';
import { colours, type Context, type Output } from '../context.js';

export function paintPlan(plan: Plan, colour: ChalkInstance): string {
  const paints: Readonly<Record<Sign, (text: string) => string>> = {
    '+': colour.green,
    '~': colour.yellow,
    '±': colour.magenta,
    '-': colour.red,
    ' ': (text) => text,
  };
  return planLines(plan)
    .map(({ sign, text, detail }) => (detail && sign === '~' ? text : paints[sign](text)))
    .join('\n');
}

/** For `output`: in colours on a terminal. */
export async function renderPlan(context: Context, output: Output, plan: Plan): Promise<string> {
  return paintPlan(plan, await colours(context, output));
}

/** What one should agree to before it is lost. */
export function lossQuestion(plan: Plan): string {
  const { removed, replaced } = losses(plan);
  const parts = [
    ...(removed.length > 0 ? [`Remove ${removed.join(', ')}`] : []),
    ...(replaced.length > 0
      ? [`${removed.length > 0 ? 'remove and make anew' : 'Remove and make anew'} ${replaced.join(', ')}`]
      : []),
  ];
  return `${parts.join('; ')}?`;
}
