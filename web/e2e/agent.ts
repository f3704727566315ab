// An appliance to look at: a server beside the real `xoa-agent`, which works on a folder; programs of the system are scripts that do nothing.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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

/** A server in an appliance whose agent works on the folder `root`. Both end with `use`. */
export async function inAppliance(page: Page, use: (server: Server, root: string) => Promise<void>, https = 'off'): Promise<void> {
  const { root, socket, agent } = await startAgent();
  const server = await startServer(['--agent', socket], https);
  try {
    await use(server, root);
  } finally {
    await page.goto('about:blank');
    await server.stop();
    agent.kill();
    await once(agent, 'exit');
    await rm(root, { recursive: true, force: true });
  }
}
