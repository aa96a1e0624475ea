/** All addresses that a name means: `tasks.SERVICE` in a Swarm's network means every task of the service. */

import { lookup } from 'node:dns/promises';

/** IPv4 where there is any: `localhost` means one server, not one for each protocol. Throws when it means none. */
export async function resolveAll(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true });
  const family = found.some((entry) => entry.family === 4) ? 4 : 6;
  return [...new Set(found.filter((entry) => entry.family === family).map(({ address }) => address))];
}
