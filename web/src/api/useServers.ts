// The connections to pools, live. Who is no administrator is told how those stand whose pools hold something of theirs.
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';

import { queries } from './client.ts';
import * as flights from './flights.ts';
import { get } from './http.ts';
import { live, type Change } from './live.ts';
import type { Problem } from './problem.ts';
import type { Server } from './types.ts';

export const SERVERS = ['servers'];
const TOPIC = 'servers';

/** What is known, after changes of it. */
export function changed(servers: readonly Server[], changes: Iterable<Change>): Server[] {
  const byId = new Map(servers.map((server) => [server.id, server]));
  for (const { kind, object } of changes) {
    if (kind === 'remove') byId.delete(object.id);
    else byId.set(object.id, object as unknown as Server);
  }
  return [...byId.values()];
}

export function useServers() {
  useEffect(() => {
    const again = () => void queries.invalidateQueries({ queryKey: SERVERS });
    const hear = (changes: Change[]) => {
      flights.hear(TOPIC, changes);
      queries.setQueryData<Server[]>(SERVERS, (known) => known && changed(known, changes));
    };
    const watch = live.watch({ collection: 'server', fields: '*' }, { onChanges: hear, onReady: again });
    return () => watch.stop();
  }, []);
  return useQuery<Server[], Problem>({
    queryKey: SERVERS,
    queryFn: ({ signal }) =>
      flights.ask(
        TOPIC,
        () => get<Server[]>('/servers', { fields: '*' }, signal),
        (servers, heard) => changed(servers, heard.values()),
      ),
  });
}

/** Those that should be connected and are not, and whose pool no other reaches; of each pool, the one that was heard of last. */
export function areLost(servers: readonly Server[]): Server[] {
  const reached = new Set(servers.filter(({ status }) => status === 'connected').map(({ poolId }) => poolId));
  const lost = new Map<string, Server>();
  for (const server of servers) {
    const { id, enabled, status, poolId, error } = server;
    if (!enabled || status === 'connected' || error?.code === 'DUPLICATE_POOL' || (poolId !== null && reached.has(poolId))) continue;
    const other = lost.get(poolId ?? id);
    if (!other || (server.lastEvent ?? 0) > (other.lastEvent ?? 0)) lost.set(poolId ?? id, server);
  }
  return [...lost.values()];
}

const plainName = ({ poolNameLabel, label, host }: Server): string | undefined => poolNameLabel ?? label ?? host;

/** What it is called: as its pool, else as somebody named it, else as its address, which also tells it from others of its name; `undefined` for who may
 * see none of these. */
export function serverName(server: Server, servers: readonly Server[]): string | undefined {
  const name = plainName(server);
  const isShared = servers.some((other) => other.id !== server.id && plainName(other) === name);
  return isShared && name !== undefined && server.host && name !== server.host ? `${name} (${server.host})` : name;
}
