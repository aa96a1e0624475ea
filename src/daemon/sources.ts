/** The sources of measurements that the evaluation needs, put together. */

import { UserError } from '../errors.js';
import type { EnvironmentPolicy, LoadSignal } from '../policy/policy.js';
import { parseBalancerUrls } from '../policy/urls.js';
import { ProblemSink } from '../policy/values.js';
import { parseAgents } from '../signals/agent-addresses.js';
import { Agents } from '../signals/agents.js';
import { authorizationFromFile } from '../signals/authorization.js';
import { HaproxyBackends } from '../signals/haproxy.js';
import { JsonEndpoints } from '../signals/json.js';
import { Loads } from '../signals/loads.js';
import { PrometheusQueries } from '../signals/prometheus.js';
import { RabbitQueues } from '../signals/rabbitmq.js';
import { passwordFromEnvironment } from '../signals/redis-password.js';
import { RedisQueues } from '../signals/redis-queues.js';
import { requiredToken } from '../signals/token.js';
import type { Measurement, Source, TaskUsage, UsageQuery } from '../signals/types.js';
import { UsageSampler } from '../signals/usage.js';
import { WorkRates } from '../signals/work-rate.js';
import type { NodeReader } from '../swarm/engine.js';
import type { AutoscaleEngine } from './types.js';

/** Where the balancer of a stack on this machine tells its statistics; see stacks/ecommerce.yml. */
const DEFAULT_HAPROXY_URL = 'http://127.0.0.1:8404/stats';

export interface Sources {
  usage: Source<UsageQuery, TaskUsage>;
  loads: Source<LoadSignal, Measurement>;
  workRates: WorkRates;
  close(): Promise<void>;
}

/** Names of nodes are asked for where there are agents, and one of them is missing. */
type SourceEngine = Pick<AutoscaleEngine, 'containerStats' | 'local'> & Partial<NodeReader>;

/** Throws UserError when `SCALECTL_HAPROXY_URL` or `SCALECTL_AGENTS` cannot be right. */
export function openSources(
  engine: SourceEngine,
  env: Readonly<Record<string, string | undefined>>,
  environment: EnvironmentPolicy | null = null,
): Sources {
  const usage = new UsageSampler(engine, { agents: agentsOf(engine, env) });
  const authorization = (name: string) => ({ authorization: authorizationFromFile(env, name) });
  const loads = new Loads({
    redis: new RedisQueues({ password: passwordFromEnvironment(env, passwordOf(environment)) }),
    rabbitmq: new RabbitQueues(authorization('SCALECTL_RABBITMQ_AUTH_FILE')),
    haproxy: new HaproxyBackends({
      ...authorization('SCALECTL_HAPROXY_AUTH_FILE'),
      defaultUrls: haproxyUrls(env['SCALECTL_HAPROXY_URL'] ?? ''),
    }),
    prometheus: new PrometheusQueries(authorization('SCALECTL_PROMETHEUS_AUTH_FILE')),
    json: new JsonEndpoints(authorization('SCALECTL_JSON_AUTH_FILE')),
  });
  return {
    usage,
    loads,
    workRates: new WorkRates(),
    close: async () => {
      await Promise.all([usage.close(), loads.close()]);
    },
  };
}

function agentsOf(engine: SourceEngine, env: Readonly<Record<string, string | undefined>>): Agents | null {
  const addresses = parseAgents(env['SCALECTL_AGENTS'] ?? '');
  if (addresses.length === 0) return null;
  return new Agents({
    addresses,
    token: () => requiredToken(env),
    nodeNames: async (signal) => {
      const nodes = (await engine.listNodes?.({ signal })) ?? [];
      return new Map(nodes.map(({ ID, Description }) => [ID, Description.Hostname]));
    },
  });
}

/** As strict as the label: a URL is told to people when its host does not answer, so it must hold no password. */
function haproxyUrls(text: string): string[] {
  const name = 'SCALECTL_HAPROXY_URL';
  if (text.trim() === '') return [DEFAULT_HAPROXY_URL];
  const sink = new ProblemSink();
  const field = { place: `environment ${name}`, name, text, assign: (value: string) => `${name}=${value}` };
  const urls = parseBalancerUrls(field, sink);
  const [first, ...others] = sink.problems;
  if (first !== undefined) throw UserError.of([first, ...others]);
  return urls ?? [];
}

function passwordOf(environment: EnvironmentPolicy | null): { url: string; password: string } | null {
  const password = environment?.redisPassword ?? null;
  const queue = environment?.policy.signals.find((signal) => signal.kind === 'queue');
  return password === null || queue === undefined ? null : { url: queue.url, password };
}
