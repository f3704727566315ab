// A new password: what is asked for, and how it is set. The rule holds wherever one is chosen in this client; the server takes shorter
// ones from other clients, which may have rules of their own.
import type { Field } from '../actions/action.ts';
import { patch } from '../api/http.ts';

export const SHORTEST = 8;

export const PASSWORD: readonly Field[] = [{ name: 'password', label: 'signIn.password', kind: 'password', isRequired: true, least: SHORTEST }];

export async function setPassword(user: string, password: string): Promise<void> {
  await patch(`/users/${user}`, { password });
}
