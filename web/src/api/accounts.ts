// The accounts of this server and their rights. They have no events; whatever is changed here is listed again.
import { useQuery } from '@tanstack/react-query';

import { queries } from './client.ts';
import { get } from './http.ts';
import type { Problem } from './problem.ts';
import { useMe } from './session.ts';
import type { Acl, Group, User } from './types.ts';

const USERS = ['users'];
const GROUPS = ['groups'];
const ACLS = ['acls'];
const ALL = { fields: '*', sort: 'name' };

export function useUsers(isWanted = true) {
  return useQuery<User[], Problem>({ queryKey: USERS, enabled: isWanted, queryFn: ({ signal }) => get<User[]>('/users', ALL, signal) });
}

/** Tells what an account is called; `null` when there is none any more, `undefined` while it is not known. Only administrators hear of others. */
export function useUserName(id: string | undefined): string | null | undefined {
  const me = useMe().data;
  const { data } = useUsers(me?.permission === 'admin');
  if (id === undefined) return undefined;
  if (id === me?.id) return me.name;
  return data && (data.find((user) => user.id === id)?.name ?? null);
}

export function useGroups() {
  return useQuery<Group[], Problem>({ queryKey: GROUPS, queryFn: ({ signal }) => get<Group[]>('/groups', ALL, signal) });
}

/** Who may do what on what. */
export function useAcls() {
  return useQuery<Acl[], Problem>({ queryKey: ACLS, queryFn: ({ signal }) => get<Acl[]>('/acls', { fields: '*' }, signal) });
}

/** Users know their groups and groups their users, so that what changes one changes both; with them go their rights. */
export async function listAgain(): Promise<void> {
  await Promise.all([USERS, GROUPS, ACLS].map((queryKey) => queries.invalidateQueries({ queryKey })));
}
