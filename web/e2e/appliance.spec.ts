// The appliance's page against the real agent on a folder; programs of the system are scripts that do nothing.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import type { Page } from '@playwright/test';

import { expectAccessible } from './axe.ts';
import { expect, signIn, test } from './fixture.ts';
import { ADMIN, program, startServer, type Server } from './server.ts';

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
async function inAppliance(page: Page, use: (server: Server, root: string) => Promise<void>): Promise<void> {
  const { root, socket, agent } = await startAgent();
  const server = await startServer(['--agent', socket]);
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

test('an administrator sees the appliance, tries a network, and keeps it', async ({ page, shot }) => {
  await inAppliance(page, async (server, root) => {
    await server.ask('GET', '/users/me');
    await signIn(page, server.url);
    await page.getByRole('navigation').getByRole('link', { name: 'Appliance', exact: true }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Appliance' })).toBeVisible();
    await expect(page.getByText('https://10.0.0.9/')).toBeVisible();
    await expectAccessible(page);
    await shot('appliance');

    await page.getByRole('button', { name: 'Change the network' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address', { exact: true }).selectOption('static');
    await dialog.getByLabel('Addresses').fill('10.0.0.0/24');
    await dialog.getByRole('button', { name: 'Change the network' }).click();
    await expect(dialog.getByText("the network's own")).toBeVisible();
    await shot('appliance-network');
    await dialog.getByLabel('Addresses').fill('10.0.0.5/24');
    await dialog.getByRole('button', { name: 'Change the network' }).click();
    await expect(page.getByText('The network is changed on trial')).toBeVisible();
    // It counts by itself.
    await expect(page.getByText(/goes back in 5[0-8] s/)).toBeVisible();
    await shot('appliance-trial');
    await page.getByRole('button', { name: 'Keep it' }).click();
    await expect(page.getByText('The network is changed on trial')).toHaveCount(0);
    expect(await readFile(join(root, 'var/lib/xoa/settings.json'), 'utf8')).toContain('10.0.0.5/24');

    await page.getByRole('button', { name: 'Change the time' }).click();
    await dialog.getByLabel('Time zone').selectOption('Europe/Paris');
    await dialog.getByRole('button', { name: 'Change the time' }).click();
    // The choices of a dialog that still closes have the same texts.
    await expect(dialog).toBeHidden();
    await expect(page.getByText('Europe/Paris')).toBeVisible();
    await page.getByRole('button', { name: 'Change the proxy' }).click();
    await dialog.getByLabel('Proxy').fill('http://ann:secret@proxy.lan:3128');
    await dialog.getByRole('button', { name: 'Change the proxy' }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByText('http://ann:***@proxy.lan:3128')).toBeVisible();

    await page.getByRole('button', { name: 'Self-check' }).click();
    await expect(page.getByText(/database: the server does not answer/)).toBeVisible();
    await shot('appliance-check');
    await page.getByRole('button', { name: 'Factory reset' }).click();
    await dialog.getByLabel('Type ERASE').fill('yes');
    await dialog.getByRole('button', { name: 'Factory reset' }).click();
    await expect(dialog.getByText('needs the word ERASE')).toBeVisible();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Support bundle' }).click();
    expect((await download).suggestedFilename()).toMatch(/^xoa-support-.*\.tar\.gz$/);
  });
});

test('the wizard of an appliance also shows its network, name and time', async ({ page, shot }) => {
  const heading = (name: string) => expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  const goOn = () => page.getByRole('button', { name: 'Go on' }).click();
  await inAppliance(page, async (server, root) => {
    await page.goto(server.url);
    await expect(page.getByRole('list', { name: 'Steps of the set-up' }).getByRole('listitem')).toHaveCount(7);
    await page.getByRole('textbox', { name: 'Setup code' }).fill(server.code);
    await goOn();
    await page.getByLabel('Password').fill(ADMIN.password);
    await page.getByRole('button', { name: 'Make the administrator' }).click();
    await heading('Network');
    await expect(page.getByText('https://10.0.0.9/')).toBeVisible();
    await expectAccessible(page);
    await shot('wizard-network');
    await goOn();
    await heading('Name');
    await page.getByRole('button', { name: 'Change the name' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('xoa-paris');
    await dialog.getByRole('button', { name: 'Change the name' }).click();
    await expect(page.getByText('xoa-paris')).toBeVisible();
    await shot('wizard-name');
    await goOn();
    await heading('Time');
    await page.goBack();
    await heading('Name');
    await page.goForward();
    await shot('wizard-time');
    await goOn();
    await heading('Certificate');
    await goOn();
    await heading('The first pool');
    expect(await readFile(join(root, 'var/lib/xoa/settings.json'), 'utf8')).toContain('xoa-paris');
  });
});

test('a server elsewhere has no such page in its navigation', async ({ page, enter }) => {
  await enter();
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Account', exact: true })).toBeVisible();
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Appliance', exact: true })).toHaveCount(0);
});
