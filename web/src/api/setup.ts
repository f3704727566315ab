// The first visit: the calls of the wizard that nobody else needs.
import { post } from './http.ts';

/** Fails when the setup code is wrong, or no longer needed. */
export async function checkCode(code: string): Promise<void> {
  await post('/setup/code', { code });
}

/** Makes sure that the built-in lab runs and is connected. */
export async function startLab(): Promise<void> {
  await post('/setup/lab');
}
