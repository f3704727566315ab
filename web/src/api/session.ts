// Who is signed in, and the way in and out.
import { useQuery } from '@tanstack/react-query';

import { queries } from './client.ts';
import { get, post, remove, whenSignedOut } from './http.ts';
import { live } from './live.ts';
import { Problem } from './problem.ts';
import type { SetupState, User } from './types.ts';

const ME = ['me'];
const SETUP = ['setup'];

whenSignedOut(() => {
  live.stop();
  queries.setQueryData(ME, null);
});

/** The user; `null` when nobody is signed in; `undefined` while that is not known. */
export function useMe() {
  return useQuery({
    queryKey: ME,
    staleTime: Infinity,
    queryFn: async () => {
      try {
        const user = await get<User>('/users/me');
        live.start();
        return user;
      } catch (error) {
        if (error instanceof Problem && error.status === 401) return null;
        throw error;
      }
    },
  });
}

export function useSetup() {
  return useQuery({ queryKey: SETUP, staleTime: Infinity, queryFn: () => get<SetupState>('/setup') });
}

export interface SignIn {
  username: string;
  password: string;
  remember: boolean;
  /** The one-time password, of users who have a second factor. */
  otp?: string;
}

export async function signIn(how: SignIn): Promise<void> {
  const user = await post<User>('/session', { ...how });
  live.start();
  queries.setQueryData(ME, user);
}

export async function signOut(): Promise<void> {
  await remove('/session');
  live.stop();
  queries.setQueryData(ME, null);
  // What the next user may not see is not kept.
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== ME[0] && queryKey[0] !== SETUP[0] });
}

/** Makes the first administrator, who is then signed in. */
export async function setUpAdmin(code: string, username: string, password: string): Promise<void> {
  await post('/setup/admin', { code, username, password });
  const known = queries.getQueryData<SetupState>(SETUP);
  if (known) queries.setQueryData(SETUP, { ...known, required: false });
  await signIn({ username, password, remember: false });
}

/** Whether only the one-time password is missing. */
export function needsOtp(problem: Problem): boolean {
  return problem.status === 401 && problem.data.required === 'otp';
}
