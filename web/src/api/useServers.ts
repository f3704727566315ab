// The connections to pools; for administrators, others may not see them.
import { useQuery } from '@tanstack/react-query';

import { get } from './http.ts';
import type { Problem } from './problem.ts';
import type { Server } from './types.ts';

/** They have no events, and one that is lost changes no object: asked for as long as somebody looks at the page. */
const STEP_MS = 5000;

export function useServers(isAdmin: boolean) {
  return useQuery<Server[], Problem>({
    queryKey: ['servers-all'],
    enabled: isAdmin,
    refetchInterval: STEP_MS,
    refetchOnWindowFocus: 'always',
    queryFn: ({ signal }) => get<Server[]>('/servers', { fields: '*' }, signal),
  });
}

/** Those that should be connected and are not. */
export function areLost(servers: readonly Server[]): Server[] {
  return servers.filter(({ enabled, status }) => enabled && status !== 'connected');
}

/** What it is called: as its pool, else as somebody named it, else as its address. */
export function serverName(server: Server): string {
  return server.poolNameLabel ?? server.label ?? server.host;
}

/** When what is shown of its pool was last true, in milliseconds. */
export function lastTrue({ lastEvent, since }: Server): number | undefined {
  return lastEvent ?? since ?? undefined;
}
