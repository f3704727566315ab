// What is done with pool connections. After it they are listed again: a stream of events that is lost tells nothing.
import { queries } from './client.ts';
import { patch, post, remove } from './http.ts';
import type { Server } from './types.ts';
import { SERVERS } from './useServers.ts';

/** What shows at an address before anybody signs in there. */
export interface Sight {
  encrypted: boolean;
  fingerprint: string | null;
  /** An authority that the server trusts vouches for the certificate. */
  vouched: boolean;
}

async function lookAgain(): Promise<void> {
  await queries.invalidateQueries({ queryKey: SERVERS });
}

/** Looks at an address, through a proxy if one is told. */
export const probe = (host: string, httpProxy: string) => post<Sight>('/servers/probe', { host, ...(httpProxy && { httpProxy }) });

export interface NewServer {
  host: string;
  username: string;
  password: string;
  label?: string;
  httpProxy?: string;
  fingerprint?: string;
}

/** Adds a pool once it is connected; a problem says why it cannot be. */
export async function addServer(what: NewServer): Promise<void> {
  await post('/servers', { ...what, wait: true });
  await lookAgain();
}

/** `null` takes a property away. */
export type Change = Partial<Omit<NewServer, 'label' | 'httpProxy'>> & { label?: string | null; httpProxy?: string | null };

/** Changes a connection; one that is enabled is waited for. */
export async function changeServer(server: Server, change: Change): Promise<void> {
  try {
    await patch(`/servers/${server.id}`, { ...change });
    if (server.enabled) await connect(server.id);
  } finally {
    await lookAgain();
  }
}

export async function enableServer(server: Server, enabled: boolean): Promise<void> {
  try {
    await (enabled ? connect(server.id) : post(`/servers/${server.id}/actions/disconnect`, {}, { sync: true }));
  } finally {
    await lookAgain();
  }
}

export async function removeServer(server: Server): Promise<void> {
  await remove(`/servers/${server.id}`);
  await lookAgain();
}

/** Ends when it is connected, or with the reason why it is not. */
const connect = (id: string) => post(`/servers/${id}/actions/connect`, {}, { sync: true });
