// A server of one's own: the built `xo-server` with a lab pool, on a free port of the loopback, its data in a folder that goes with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '../..');
export const ADMIN = { username: 'admin', password: 'correct horse' };
const START_MS = 30_000;

export interface Server {
  url: string;
  /** The setup code that it printed. */
  code: string;
  /** The fingerprint of its certificate, if it speaks HTTPS. */
  fingerprint: string;
  /** Where its lab pool is, if it has one; the account is root, the password lab. */
  lab: string;
  /** Sends a request as the administrator, whom it makes first if need be: another client that changes things. */
  ask: <T = unknown>(method: string, path: string, body?: unknown) => Promise<T>;
  stop: () => Promise<void>;
}

export function program(name: 'xo-server' | 'xo-lab' | 'xoa'): string {
  const given = { 'xo-server': process.env.XO_SERVER_BIN, 'xo-lab': process.env.XO_LAB_BIN, xoa: process.env.XOA_BIN }[name];
  const places = [given, join(ROOT, 'target/debug', name), join(ROOT, 'target/release', name)];
  const found = places.find((path) => path && existsSync(path));
  if (!found) throw new Error(`${name} is not built: cargo build --package ${name}`);
  return found;
}

export async function startServer(args: string[] = ['--lab'], https = 'off', http = '127.0.0.1:0'): Promise<Server> {
  const data = await mkdtemp(join(tmpdir(), 'xo-e2e-'));
  // Its settings are those of its command line, whatever the environment holds.
  const env = { ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('XO_'))), XO_LOG: process.env.XO_LOG ?? 'error' };
  const child = spawn(program('xo-server'), ['--data-dir', data, '--https', https, '--http', http, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { url, code, lab, fingerprint } = await new Promise<{ url: string; code: string; lab: string; fingerprint: string }>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('xo-server did not get ready')), START_MS);
    let [url, lab, fingerprint] = ['', '', ''];
    createInterface(child.stdout).on('line', (line) => {
      url = /address:\s+(http:\S+?)\/?$/.exec(line)?.[1] ?? url;
      fingerprint = /SHA-256 (\S+)/.exec(line)?.[1] ?? fingerprint;
      lab = /lab pool:\s+(\S+)/.exec(line)?.[1] ?? lab;
      const code = /setup code:\s+(\S+)/.exec(line)?.[1];
      if (code) {
        clearTimeout(timer);
        resolve({ url, code, lab, fingerprint });
      }
    });
    void ended.then(() => reject(new Error('xo-server ended before it was ready')));
  });

  let cookie: Promise<string> | undefined;
  const signIn = async () => {
    const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
    await fetch(`${url}/rest/v0/setup/admin`, { ...json, body: JSON.stringify({ code, ...ADMIN }) });
    const answer = await fetch(`${url}/rest/v0/session`, { ...json, body: JSON.stringify(ADMIN) });
    return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  };
  return {
    url,
    code,
    fingerprint,
    lab,
    ask: async <T>(method: string, path: string, body?: unknown) => {
      cookie ??= signIn();
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(`${url}/rest/v0${path}`, { method, headers: { cookie: await cookie, 'content-type': 'application/json' }, ...init });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return (text ? JSON.parse(text) : undefined) as T;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** An address of the loopback that nobody listens at, for a server that must be found there again after it started anew. */
export async function freeAddress(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return `127.0.0.1:${port}`;
}

/** A pool of its own beside that of a server, whose account is root, the password lab. `--slave-of` makes it a host that is not the master. */
export async function startLab(args: string[]): Promise<{ url: string; stop: () => Promise<void> }> {
  const child = spawn(program('xo-lab'), ['--http', '127.0.0.1:0', '--https', '127.0.0.1:0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const url = /^https:\s+(\S+)/.exec(line)?.[1];
      if (url) resolve(url);
    });
    void ended.then(() => reject(new Error('xo-lab ended before it was ready')));
  });
  return {
    url,
    stop: async () => {
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** Connects a server to a pool at an address, whatever certificate shows there. */
export async function connectPool(server: Server, address: string): Promise<void> {
  const { fingerprint } = await server.ask<{ fingerprint: string }>('POST', '/servers/probe', { host: address });
  await server.ask('POST', '/servers', { host: address, username: 'root', password: 'lab', fingerprint, wait: true });
}
