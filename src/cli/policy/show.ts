import type { Problem } from '../../errors.js';
import { signalAim, signalName } from '../../policy/describe.js';
import { explainSettings, type PolicySetting } from '../../policy/explain.js';
import { decodeService } from '../../policy/labels.js';
import { pauseText, readPause, type Pause } from '../../policy/pause.js';
import type { Policy } from '../../policy/policy.js';
import type { SwarmService } from '../../swarm/objects.js';
import { colours, type Context } from '../context.js';
import { isStructured, writeStructured } from '../render/structured.js';
import { renderTable, type Column } from '../render/table.js';
import { chooseStack, findServices, servicesOf, shortName, unknownStack } from '../stack-choice.js';

interface ShownPolicy {
  /** short, inside its stack */
  service: string;
  fullName: string;
  /** `off`: labels that are in order, and no autoscaling; `none`: no labels at all */
  state: 'on' | 'off' | 'invalid' | 'none';
  /** null unless the state is `on` */
  policy: Policy | null;
  /** the autoscaler leaves it alone for now */
  paused: Pause | null;
  settings: PolicySetting[];
  problems: readonly Problem[];
}

/** The policies of the services that are named, else of all of the stack that have one. */
export async function run(context: Context, args: readonly string[]): Promise<void> {
  const { globals, stdout } = context;
  const named = args.length > 0;
  const policies = (await chosenServices(context, args)).map((service) => shown(service, Date.now()));
  const present = named ? policies : policies.filter(({ state }) => state !== 'none');
  if (isStructured(context)) {
    await writeStructured(context, { apiVersion: 'scalectl/v1', kind: 'Policies', policies: present });
  } else if (globals.output === 'name') {
    stdout.write(present.map(({ fullName }) => `${fullName}\n`).join(''));
  } else if (present.length === 0) {
    stdout.write('no service has a policy; labels under deploy.labels make one\n');
  } else {
    await showText(context, present);
  }
}

async function chosenServices(context: Context, names: readonly string[]): Promise<SwarmService[]> {
  const engine = await context.engine();
  const all = await engine.listServices(undefined, { signal: context.signal });
  if (names.length > 0) return [...new Set(await findServices(context, engine, all, names))];
  const stack = await chooseStack(context, engine, all);
  const own = servicesOf(stack, all);
  if (own.length === 0) throw await unknownStack(context, stack, all);
  return own;
}

function shown(service: SwarmService, wallMs: number): ShownPolicy {
  const decoded = decodeService(service.Spec);
  const settings = explainSettings(service.Spec.Labels);
  const off = decoded.kind === 'none' && settings.length > 0;
  return {
    service: shortName(service),
    fullName: service.Spec.Name,
    state: decoded.kind === 'policy' ? 'on' : decoded.kind === 'invalid' ? 'invalid' : off ? 'off' : 'none',
    policy: decoded.kind === 'policy' ? decoded.value : null,
    paused: readPause(service.Spec.Labels, wallMs),
    settings,
    problems: decoded.kind === 'invalid' ? decoded.problems : [],
  };
}

async function showText(context: Context, policies: readonly ShownPolicy[]): Promise<void> {
  const { stdout } = context;
  const colour = await colours(context, stdout);
  const columns: Column<PolicySetting>[] = [
    { title: 'SETTING', value: ({ key }) => key },
    { title: 'VALUE', value: ({ value }) => value },
    { title: 'FROM', value: ({ from }) => (from === 'label' ? 'label' : colour.dim('default')) },
  ];
  const parts = policies.map((one) =>
    [
      `${colour.bold(one.fullName)}: ${summaryOf(one)}`,
      ...one.problems.map(({ place, message, hint }) => {
        const advice = hint === undefined ? '' : `\n  ${hint}`;
        return `${colour.red('problem')}: ${place}: ${message}${advice}`;
      }),
      ...(one.settings.length === 0 ? [] : [renderTable(columns, one.settings, { width: Infinity, colour })]),
      '',
    ].join('\n'),
  );
  stdout.write(parts.join('\n'));
}

function summaryOf({ state, policy, paused }: ShownPolicy): string {
  if (state === 'invalid') return 'left alone, since its policy cannot be used';
  if (policy === null) return state === 'off' ? 'autoscaling is off' : 'no policy';
  const signals = policy.signals.map((signal) => `${signalName(signal)} (${signalAim(signal)})`);
  const now = paused === null ? '' : `; ${pauseText(paused)}`;
  return `${policy.min} to ${policy.max} replicas by ${signals.join(', ')}${now}`;
}
