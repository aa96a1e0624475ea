/** Where agents are to be found: `SCALECTL_AGENTS`. */

import { UserError } from '../errors.js';

export interface AgentAddress {
  host: string;
  port: number;
}

/** A list with commas; empty without any. @throws UserError for an entry that is no HOST:PORT */
export function parseAgents(text: string): AgentAddress[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [, host, digits] = /^(\[[0-9a-fA-F:]+\]|[a-zA-Z0-9._-]+):(\d{1,5})$/.exec(entry) ?? [];
      const port = Number(digits);
      if (host !== undefined && port > 0 && port <= 65_535)
        return { host: host.replace(/^\[|\]$/g, ''), port };
      throw new UserError(`"${entry}" is no address of agents`, {
        place: 'environment SCALECTL_AGENTS',
        hint: 'Write HOST:PORT, several separated by commas: SCALECTL_AGENTS=tasks.scalectl_agent:9102.',
      });
    });
}
