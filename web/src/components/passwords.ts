// A new password: what is asked for, and how it is set.
import type { Field } from '../actions/action.ts';
import { patch } from '../api/http.ts';

export const PASSWORD: readonly Field[] = [{ name: 'password', label: 'signIn.password', kind: 'password', isRequired: true }];

export async function setPassword(user: string, password: string): Promise<void> {
  await patch(`/users/${user}`, { password });
}
