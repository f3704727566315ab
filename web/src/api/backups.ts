// Backups of the server and of the appliance's settings. They have no events; whatever is changed here is listed again.
import { useQuery } from '@tanstack/react-query';

import { queries } from './client.ts';
import { get, post, remove, upload } from './http.ts';
import type { Problem } from './problem.ts';

export interface Backup {
  id: string;
  bytes: number;
  /** Milliseconds. */
  madeAt: number;
  /** Of the server that made it; `null` for an uploaded one. */
  version: string | null;
  reason: 'asked' | 'update' | 'upload';
  /** The version that was about to be installed. */
  before: string | null;
}

const BACKUPS = ['backups'];

export function useBackups() {
  return useQuery<Backup[], Problem>({ queryKey: BACKUPS, queryFn: ({ signal }) => get<Backup[]>('/appliance/backups', undefined, signal) });
}

async function changed(): Promise<void> {
  await queries.invalidateQueries({ queryKey: BACKUPS });
}

export async function makeBackup(): Promise<void> {
  await post('/appliance/backups');
  await changed();
}

export async function uploadBackup(file: Blob): Promise<void> {
  await upload('/appliance/backups/actions/upload', file);
  await changed();
}

export async function removeBackup({ id }: Backup): Promise<void> {
  await remove(`/appliance/backups/${id}`);
  await changed();
}

/** The server restarts then. Without a key, this machine's own one counts. */
export async function restoreBackup({ id }: Backup, key: string): Promise<void> {
  await post(`/appliance/backups/${id}/actions/restore`, key === '' ? {} : { key });
}

export async function recoveryKey(): Promise<string> {
  return (await get<{ key: string }>('/appliance/recovery_key')).key;
}

/** On a machine that nobody has set up yet; the server restarts then. */
export async function restoreAtSetup(file: Blob, code: string, key: string): Promise<void> {
  await upload('/setup/restore', file, { 'x-xo-setup-code': code, 'x-xo-recovery-key': key });
}

/** Whether the restored server answers: it asks for no administrator any more. */
export async function isRestored(): Promise<boolean> {
  return !(await get<{ required: boolean }>('/setup')).required;
}
