// The connections to pools; for administrators, others may not see them.
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';

import { queries } from './client.ts';
import { get } from './http.ts';
import { live } from './live.ts';
import type { Problem } from './problem.ts';
import type { Server } from './types.ts';

const SERVERS = ['servers-all'];

/** They have no events of their own: listed again when pools or hosts change, and when the window is looked at again. */
export function useServers(isAdmin: boolean) {
  useEffect(() => {
    if (!isAdmin) return undefined;
    const again = () => void queries.invalidateQueries({ queryKey: SERVERS });
    const watches = ['pool', 'host'].map((collection) => live.watch({ collection, fields: ['id', 'power_state', 'enabled', 'master'] }, { onChanges: again, onReady: again }));
    return () => watches.forEach((watch) => watch.stop());
  }, [isAdmin]);
  return useQuery<Server[], Problem>({
    queryKey: SERVERS,
    enabled: isAdmin,
    refetchOnWindowFocus: 'always',
    queryFn: ({ signal }) => get<Server[]>('/servers', { fields: '*' }, signal),
  });
}
