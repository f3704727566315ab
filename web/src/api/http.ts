// The one place that sends requests. Every path is below `/rest/v0`; the cookie goes along by itself.
import { Problem, problemOf } from './problem.ts';

export const BASE = '/rest/v0';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Query = Record<string, string | number | boolean | undefined>;

/** A request as data, so that it can be sent, shown, and copied. */
export interface Call {
  method: Method;
  path: string;
  query?: Query;
  body?: Record<string, unknown>;
  /** In place of a body: sent as it is. */
  file?: Blob;
  headers?: Record<string, string>;
}

export interface Reply<T> {
  value: T;
  headers: Headers;
}

/** Takes when the request was sent; tells whether it may be sent again, which may take as long as somebody needs to sign in. */
type SignedOut = (sentAt: number) => Promise<boolean>;
let onSignedOut: SignedOut = () => Promise.resolve(false);
/** Who is asked when the server no longer knows us. */
export function whenSignedOut(ask: SignedOut) {
  onSignedOut = ask;
}

export function addressOf({ path, query }: Pick<Call, 'path' | 'query'>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) params.set(name, String(value));
  }
  const text = params.toString();
  return `${BASE}${path}${text && `?${text}`}`;
}

export async function send<T>(call: Call, signal?: AbortSignal): Promise<Reply<T>> {
  const init: RequestInit = { method: call.method, signal: signal ?? null, headers: { ...call.headers } };
  if (call.body) {
    init.headers = { ...call.headers, 'content-type': 'application/json' };
    init.body = JSON.stringify(call.body);
  } else if (call.file) {
    init.headers = { ...call.headers, 'content-type': 'application/octet-stream' };
    init.body = call.file;
  }
  let response: Response;
  const sentAt = performance.now();
  try {
    response = await fetch(addressOf(call), init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, error instanceof Error ? error.message : String(error), undefined, {}, undefined);
  }
  if (!response.ok) {
    if (response.status === 401 && call.path !== '/session' && (await onSignedOut(sentAt))) {
      signal?.throwIfAborted();
      return send(call, signal);
    }
    throw await problemOf(response);
  }
  const isJson = response.headers.get('content-type')?.includes('json');
  return { value: (isJson ? await response.json() : undefined) as T, headers: response.headers };
}

export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await send<T>({ method: 'GET', path, ...(query && { query }) }, signal)).value;
}

export async function post<T>(path: string, body: Record<string, unknown> = {}, query?: Query): Promise<T> {
  return (await send<T>({ method: 'POST', path, body, ...(query && { query }) })).value;
}

export async function upload<T>(path: string, file: Blob, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<T> {
  return (await send<T>({ method: 'POST', path, file, headers }, signal)).value;
}

export async function patch(path: string, body: Record<string, unknown>): Promise<void> {
  await send({ method: 'PATCH', path, body });
}

export async function put(path: string, body?: Record<string, unknown>): Promise<void> {
  await send({ method: 'PUT', path, ...(body && { body }) });
}

export async function remove(path: string): Promise<void> {
  await send({ method: 'DELETE', path });
}
