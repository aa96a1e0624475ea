/** What the API can make a running daemon do, and ask of its present. */

import { pauseService, resumeService } from '../deploy/pause.js';
import { pauseFor, pauseText, type Pause } from '../policy/pause.js';
import type { AskedTicks } from './asked-ticks.js';
import type { Clock } from './clock.js';
import type { AutoscaleEngine, DaemonEvent, DaemonSamples, Evaluation } from './types.js';

interface DaemonPresent {
  pid: number;
  intervalMs: number;
  /** null until it is known which Swarm this is */
  clusterId: () => string | null;
  /** null before the first tick has ended */
  samples: () => DaemonSamples | null;
  /** why it is not ready, or null */
  trouble: () => string | null;
}

export interface DaemonControl extends DaemonPresent {
  /** Ticks at once. Throws what keeps the tick from ending. */
  evaluate: () => Promise<Evaluation>;
  /** Null has no end. Throws EngineError, with kind `not-found` for a service that is not there. */
  pause: (service: string, ms: number | null) => Promise<Pause>;
  /** Whether it was paused. Throws as `pause` does. */
  resume: (service: string) => Promise<boolean>;
}

interface ControlHost extends DaemonPresent {
  engine: Pick<AutoscaleEngine, 'inspectService' | 'updateService'>;
  clock: Pick<Clock, 'wallMs'>;
  signal: AbortSignal;
  asked: AskedTicks;
  /** Somebody asked for something: that belongs into the log, whoever it was. */
  tell: (event: Omit<Extract<DaemonEvent, { type: 'asked' }>, 'level' | 'at'>) => void;
}

export function controlOf(host: ControlHost): DaemonControl {
  const { engine, clock, signal, asked, tell } = host;
  return {
    ...host,
    evaluate: () => {
      tell({ type: 'asked', what: 'evaluate', service: null, text: 'asked to evaluate at once' });
      return asked.ask();
    },
    pause: async (service, ms) => {
      const pause = pauseFor(ms, clock.wallMs());
      await pauseService(engine, await engine.inspectService(service, { signal }), pause, { signal });
      tell({ type: 'asked', what: 'pause', service, text: `${service}: ${pauseText(pause)}, as was asked` });
      return pause;
    },
    resume: async (service) => {
      const found = await engine.inspectService(service, { signal });
      const wasPaused = await resumeService(engine, found, { signal });
      if (wasPaused)
        tell({ type: 'asked', what: 'resume', service, text: `${service}: resumed, as was asked` });
      return wasPaused;
    },
  };
}
