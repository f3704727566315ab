// What the user of this page may do with objects. Administrators may do all; of others the server tells it, with what they inherit.
import { useQuery } from '@tanstack/react-query';

import { post } from './http.ts';
import { useMe } from './session.ts';
import type { Permission } from './types.ts';

/** Rights have no events: what was asked so long ago is asked again. */
const FRESH_MS = 30_000;

export type May = (id: string, wanted: Permission) => boolean;

export function useIsAdmin(): boolean {
  return useMe().data?.permission === 'admin';
}

/** `undefined` while it is not known; `isWanted` says whether it is asked for at all. */
export function useMay(ids: readonly string[], isWanted = true): May | undefined {
  const isAdmin = useIsAdmin();
  const { data } = useQuery({
    queryKey: ['permissions', ...ids],
    enabled: isWanted && !isAdmin && ids.length > 0,
    staleTime: FRESH_MS,
    queryFn: () => post<Record<string, Permission[]>>('/acls/permissions', { objects: ids }),
  });
  if (isAdmin) return () => true;
  return data && ((id, wanted) => data[id]?.includes(wanted) === true);
}
