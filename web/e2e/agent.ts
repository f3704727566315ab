// An appliance to look at: a server beside the real `xoa-agent`, which works on a folder; programs of the system are scripts that do nothing.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import type { Page } from '@playwright/test';

import { program, startServer, type Server } from './server.ts';

const LINKS = JSON.stringify([{ ifname: 'enX0', link_type: 'ether', operstate: 'UP', address: '52:54:00:ab:cd:ef', addr_info: [{ local: '10.0.0.9' }] }]);

async function startAgent(): Promise<{ root: string; socket: string; agent: ChildProcess }> {
  const root = await mkdtemp(join(tmpdir(), 'xo-e2e-agent-'));
  const bin = join(root, 'bin');
  await mkdir(bin);
  for (const [name, script] of [
    ['networkctl', ''],
    ['systemctl', 'echo ActiveState=active'],
    ['ip', `case "$*" in *address*) echo '${LINKS}';; *) echo '[]';; esac`],
  ] as const) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  await mkdir(join(root, 'proc/sys/kernel'), { recursive: true });
  await writeFile(join(root, 'proc/sys/kernel/hostname'), 'xoa\n');
  const env = { ...process.env, PATH: `${bin}:/usr/bin:/bin` };
  const agent = spawn(program('xoa'), ['--root', root, '--server', '127.0.0.1:1'], { argv0: 'xoa-agent', env, stdio: ['ignore', 'ignore', 'pipe'] });
  const lines = createInterface(agent.stderr);
  for await (const line of lines) if (line.includes(' serves ')) break;
  agent.stderr.resume();
  return { root, socket: join(root, 'run/xoa/agent.sock'), agent };
}

export interface Verb {
  verb: string;
  params: Record<string, unknown>;
}
/** What the agent is made to say; nothing for what it shall answer itself. Until it is known, nothing more is read. */
type Script = (asked: Verb) => object | undefined | Promise<object>;

/** Listens in front of the agent at `socket`: what `script` answers never reaches it. */
async function standBefore(socket: string, script: Script): Promise<{ socket: string; close: () => void }> {
  const own = `${socket}.script`;
  const server = createServer((client) => {
    client.once('data', async (line: Buffer) => {
      client.pause();
      const asked = JSON.parse(line.toString().split('\n', 1)[0] ?? '') as Verb;
      const answer = await script(asked);
      if (answer) {
        const end = () => client.end(`${JSON.stringify({ ok: answer })}\n`);
        // A file is over with a piece of no length.
        const isOver = (piece: Buffer) => !asked.verb.endsWith('.upload') || piece.subarray(-4).every((byte) => byte === 0);
        if (isOver(line)) end();
        else client.on('data', (piece: Buffer) => isOver(piece) && end());
        client.resume();
        return;
      }
      const agent = connect(socket);
      agent.write(line);
      client.pipe(agent).pipe(client);
    });
    client.on('error', () => client.destroy());
  });
  server.listen(own);
  await once(server, 'listening');
  return { socket: own, close: () => server.close() };
}

interface Options {
  https?: string;
  http?: string;
  script?: Script;
}

/** A server in an appliance whose agent works on the folder `root`. Both end with `use`. */
export async function inAppliance(page: Page, use: (server: Server, root: string) => Promise<void>, { https, http, script }: Options = {}): Promise<void> {
  const { root, socket, agent } = await startAgent();
  const before = script && (await standBefore(socket, script));
  const server = await startServer(['--agent', before?.socket ?? socket], https, http);
  try {
    await use(server, root);
  } finally {
    await page.goto('about:blank');
    await server.stop();
    before?.close();
    agent.kill();
    await once(agent, 'exit');
    await rm(root, { recursive: true, force: true });
  }
}
