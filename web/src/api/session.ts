// Who is signed in, and the way in and out.
//
// Invariant: a session that ends while a page is open takes nothing from it. Requests that the server refuses for that wait until the
// same user has signed in again, and are sent anew; another user gets a page of their own.
import { useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';

import { queries } from './client.ts';
import { get, patch, post, remove, whenSignedOut } from './http.ts';
import { live } from './live.ts';
import { Problem } from './problem.ts';
import type { SetupState, User } from './types.ts';

const ME = ['me'];
const SETUP = ['setup'];

/** What waits for the session to go on, told whether it does. */
let waiting: ((isBack: boolean) => void)[] = [];
let signedInAt = 0;
const listeners = new Set<() => void>();

whenSignedOut((sentAt) => {
  // It was on its way while somebody signed in.
  if (sentAt < signedInAt) return Promise.resolve(true);
  live.stop();
  if (!queries.getQueryData(ME)) {
    queries.setQueryData(ME, null);
    return Promise.resolve(false);
  }
  return new Promise((resolve) => wait([...waiting, resolve]));
});

function wait(next: typeof waiting) {
  waiting = next;
  listeners.forEach((listener) => listener());
}

function goOn(isBack: boolean) {
  const before = waiting;
  wait([]);
  before.forEach((resolve) => resolve(isBack));
}

/** Whether the session of the user of this page has ended. */
export function useIsExpired(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => waiting.length > 0,
  );
}

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

/** Reads the user again: another browser may have changed the preferences. */
export async function lookAtMeAgain(): Promise<void> {
  await queries.invalidateQueries({ queryKey: ME });
}

/** Merged into what the user has; a `null` deletes its key. */
export async function keepPreferences(preferences: Record<string, unknown>): Promise<void> {
  await patch('/users/me', { preferences });
  await lookAtMeAgain();
}

/** How far the server is set up; asked for anew where that matters. */
export function useSetup(refetchOnMount: 'always' | true = true) {
  return useQuery({ queryKey: SETUP, staleTime: Infinity, refetchOnMount, queryFn: () => get<SetupState>('/setup') });
}

export async function lookAtSetupAgain(): Promise<void> {
  await queries.invalidateQueries({ queryKey: SETUP });
}

export interface SignIn {
  username: string;
  password: string;
  remember: boolean;
  /** The one-time password, of users who have a second factor. */
  otp?: string;
}

export async function signIn(how: SignIn): Promise<void> {
  const before = queries.getQueryData<User | null>(ME);
  const user = await post<User>('/session', { ...how });
  // What is on the page is not theirs.
  if (before && before.id !== user.id) return location.reload();
  signedInAt = performance.now();
  live.start();
  queries.setQueryData(ME, user);
  goOn(true);
}

export async function signOut(): Promise<void> {
  await remove('/session').catch((error: unknown) => {
    // It had ended before.
    if (!(error instanceof Problem && error.status === 401)) throw error;
  });
  leave();
}

/** As when signed out. */
export function leave() {
  live.stop();
  queries.setQueryData(ME, null);
  // What the next user may not see is not kept.
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== ME[0] && queryKey[0] !== SETUP[0] });
  goOn(false);
}

/** Makes the first administrator, who is then signed in. */
export async function setUpAdmin(code: string, username: string, password: string): Promise<void> {
  try {
    await post('/setup/admin', { code, username, password });
    await signIn({ username, password, remember: false });
  } finally {
    // When somebody else was faster, there is a form to sign in with.
    await lookAtSetupAgain();
  }
}

/** Whether only the one-time password is missing. */
export function needsOtp(problem: Problem): boolean {
  return problem.status === 401 && problem.data.required === 'otp';
}
