// The accounts of this server. They have no events; whatever is changed here is listed again.
import { useQuery } from '@tanstack/react-query';

import { queries } from '../../api/client.ts';
import { get } from '../../api/http.ts';
import type { Problem } from '../../api/problem.ts';
import type { Group, User } from '../../api/types.ts';

const USERS = ['users'];
const GROUPS = ['groups'];
const ALL = { fields: '*', sort: 'name' };

export function useUsers() {
  return useQuery<User[], Problem>({ queryKey: USERS, queryFn: ({ signal }) => get<User[]>('/users', ALL, signal) });
}

export function useGroups() {
  return useQuery<Group[], Problem>({ queryKey: GROUPS, queryFn: ({ signal }) => get<Group[]>('/groups', ALL, signal) });
}

/** Users know their groups and groups their users, so that what changes one changes both. */
export async function listAgain(): Promise<void> {
  await Promise.all([USERS, GROUPS].map((queryKey) => queries.invalidateQueries({ queryKey })));
}
