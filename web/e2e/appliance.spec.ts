// The appliance's page and the wizard's steps of an appliance.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { ApplianceNetwork } from '../src/api/appliance.ts';
import { inAppliance, type Verb } from './agent.ts';
import { changeName, changeNetwork, changeZone } from './applianceSteps.ts';
import { expectAccessible } from './axe.ts';
import { expect, signIn, test } from './fixture.ts';
import { ADMIN } from './server.ts';
import { layWire } from './wire.ts';

const run = promisify(execFile);

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
    await dialog.getByLabel('Mode').selectOption('static');
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

    await changeZone(page, 'Europe/Paris');
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

test('a reboot is no fault: the page waits for the appliance, and begins anew with it', async ({ page, shot }) => {
  const asked: Verb[] = [];
  const script = (verb: Verb) => {
    asked.push(verb);
    return verb.verb === 'power' ? {} : undefined;
  };
  await inAppliance(page, async (server, root) => {
    const wire = await layWire(server.url);
    const hasRun = (seconds: number) => writeFile(join(root, 'proc/uptime'), `${seconds}.00 0.00\n`);
    const restarts = page.getByText('The appliance restarts');
    const isOldPage = () => page.evaluate(() => 'isOldPage' in globalThis).catch(() => true);
    await hasRun(5000);
    await server.ask('GET', '/users/me');
    await signIn(page, `http://${wire.address}/appliance`);
    await page.getByRole('button', { name: 'Reboot' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reboot' }).click();
    await expect(restarts).toBeVisible();
    expect(asked.filter(({ verb }) => verb === 'power')).toEqual([{ verb: 'power', params: { action: 'reboot' } }]);
    // Nothing is to be pressed meanwhile, and no fault is told.
    await expect(page.getByRole('button', { name: 'Reboot' })).toHaveCount(0);
    await expectAccessible(page);
    await shot('appliance-restarts');

    await page.evaluate(() => Object.assign(globalThis, { isOldPage: true }));
    // A server that is about to end is not the new one.
    await wire.cut();
    await wire.mend();
    const about = asked.filter(({ verb }) => verb === 'status').length;
    await expect.poll(() => asked.filter(({ verb }) => verb === 'status').length).toBeGreaterThan(about + 1);
    await expect(restarts).toBeVisible();
    expect(await isOldPage()).toBe(true);
    await hasRun(4);
    await expect.poll(isOldPage).toBe(false);
    await expect(page.getByRole('button', { name: 'Reboot' })).toBeVisible();
    await page.goto('about:blank');
    await wire.cut();
  }, { script });
});

test('after a lost connection the appliance is looked at anew', async ({ page }) => {
  await inAppliance(page, async (server, root) => {
    const wire = await layWire(server.url);
    await server.ask('GET', '/users/me');
    await signIn(page, `http://${wire.address}/appliance`);
    await expect(page.getByText('xoa', { exact: true })).toBeVisible();
    await wire.cut();
    await expect(page.getByText('No connection to the server', { exact: false })).toBeVisible();
    await server.ask('PUT', '/appliance/hostname', { hostname: 'named-meanwhile' });
    await wire.mend();
    await expect(page.getByText('named-meanwhile')).toBeVisible();
    expect(await readFile(join(root, 'var/lib/xoa/settings.json'), 'utf8')).toContain('named-meanwhile');
    await page.goto('about:blank');
    await wire.cut();
  });
});

test('a network that takes the address away is told with its new address, and that it went back', async ({ page, shot }) => {
  await inAppliance(page, async (server) => {
    const wire = await layWire(server.url);
    const trial = page.getByText('The network is changed on trial');
    const keep = page.getByRole('button', { name: 'Keep it' });
    await server.ask('GET', '/users/me');
    await signIn(page, `http://${wire.address}/appliance`);
    // The request arrives, its answer never does.
    await page.route('**/appliance/network', async (route) => {
      if (route.request().method() !== 'PUT') return route.fallback();
      wire.hold();
      await server.ask('PUT', '/appliance/network', route.request().postDataJSON());
    });
    await changeNetwork(page, '10.0.0.7/24');
    // The button is far below.
    await expect(trial).toBeInViewport();
    const there = `http://10.0.0.7:${new URL(page.url()).port}/appliance`;
    await expect(page.getByRole('link', { name: '10.0.0.7' })).toHaveAttribute('href', there);
    await expect(page.getByText('Open its new address', { exact: false })).toBeVisible();
    await expect(keep).toHaveCount(0);
    await expectAccessible(page);
    await shot('appliance-away');

    // Reached again while it is on trial, it can be kept here too.
    wire.letThrough();
    await expect(keep).toBeVisible();
    const { pending } = await server.ask<ApplianceNetwork>('GET', '/appliance/network');
    await server.ask('POST', '/appliance/network/actions/revert', { change: pending?.change });
    await expect(page.getByText('The network went back to what it was')).toBeVisible();
    await expect(trial).toHaveCount(0);
    await expectAccessible(page);
    await shot('appliance-went-back');

    // Kept at its new address, it is no more a trial here either.
    await changeNetwork(page, '10.0.0.8/24');
    await expect(trial).toBeVisible();
    await expect(page.getByText('The network went back to what it was')).toHaveCount(0);
    const later = await server.ask<ApplianceNetwork>('GET', '/appliance/network');
    await server.ask('POST', '/appliance/network/actions/confirm', { change: later.pending?.change });
    wire.letThrough();
    await expect(page.getByText('10.0.0.8/24')).toBeVisible();
    await expect(trial).toHaveCount(0);
    await page.goto('about:blank');
    await wire.cut();
  });
});

test('a network that cannot be tried goes back and is told with the reason', async ({ page }) => {
  await inAppliance(page, async (server, root) => {
    const networkctl = join(root, 'bin/networkctl');
    await server.ask('GET', '/users/me');
    await signIn(page, `${server.url}/appliance`);
    // The first time it fails.
    await writeFile(networkctl, `#!/bin/sh\n[ -e ${networkctl}.asked ] && exit 0\n[ "$1" = reload ] && >${networkctl}.asked && echo no such device >&2 && exit 1\n`);
    await changeNetwork(page, '10.0.0.9/24');
    await expect(page.getByText('The network went back to what it was')).toBeVisible();
    await expect(page.getByText('no such device', { exact: false })).toBeVisible();
    await page.getByRole('button', { name: /^Close/ }).click();
    await expect(page.getByText('The network went back to what it was')).toHaveCount(0);
  });
});

/** A certificate of its own for `name`, and its key. */
async function makeCertificate(folder: string, name: string): Promise<{ certificate: string; key: string }> {
  const [certificate, key] = [join(folder, 'own.crt'), join(folder, 'own.key')];
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-days', '30', '-keyout', key, '-out', certificate]);
  return { certificate: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') };
}

test('the wizard of an appliance goes from the code over network, name, time and certificate to the overview', async ({ page, shot }) => {
  const heading = (name: string) => expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  const goOn = () => page.getByRole('button', { name: 'Go on' }).click();
  const dialog = page.getByRole('dialog');
  const trial = page.getByText('The network is changed on trial');
  const setNetwork = async (address: string) => {
    await changeNetwork(page, address);
    await expect(trial).toBeVisible();
  };
  await inAppliance(page, async (server, root) => {
    const kept = () => readFile(join(root, 'var/lib/xoa/settings.json'), 'utf8').catch(() => '');
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
    await setNetwork('10.0.0.6/24');
    await page.getByRole('button', { name: 'Go back now' }).click();
    await expect(trial).toHaveCount(0);
    expect(await kept()).not.toContain('10.0.0.6/24');
    await setNetwork('10.0.0.5/24');
    // A reload, or another browser at the new address, finds it on trial still.
    await page.reload();
    await heading('Network');
    const there = new URL(page.url());
    await expect(page.getByRole('link', { name: '10.0.0.5' })).toHaveAttribute('href', `${there.protocol}//10.0.0.5:${there.port}/setup/network`);
    await expectAccessible(page);
    await shot('wizard-trial');
    await page.getByRole('button', { name: 'Keep it' }).click();
    await expect(trial).toHaveCount(0);
    expect(await kept()).toContain('10.0.0.5/24');
    await goOn();

    await heading('Name');
    await changeName(page, 'xoa-paris');
    await shot('wizard-name');
    await goOn();
    await heading('Time');
    await page.goBack();
    await heading('Name');
    await expect(page.getByText('xoa-paris')).toBeVisible();
    await page.goForward();
    await heading('Time');
    await changeZone(page, 'Europe/Paris');
    await page.reload();
    await expect(page.getByText('Europe/Paris')).toBeVisible();
    await shot('wizard-time');
    await goOn();

    await heading('Certificate');
    await expect(page.getByText(server.fingerprint)).toBeVisible();
    const own = await makeCertificate(root, 'xoa-paris.example');
    await page.getByRole('button', { name: 'Change the certificate' }).click();
    await dialog.getByLabel('Certificate (PEM)').fill(own.certificate);
    await dialog.getByLabel('Its key (PEM)').fill('no key');
    await dialog.getByRole('button', { name: 'Change the certificate' }).click();
    await expect(dialog.getByText(/The server did not take this/)).toBeVisible();
    await dialog.getByLabel('Its key (PEM)').fill(own.key);
    await dialog.getByRole('button', { name: 'Change the certificate' }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByText('xoa-paris.example')).toBeVisible();
    await expect(page.getByText(server.fingerprint)).toHaveCount(0);
    await expectAccessible(page);
    await shot('wizard-changed-certificate');
    await page.getByRole('button', { name: 'It is the same: go on' }).click();

    await heading('The first pool');
    await page.getByRole('button', { name: 'Try it with the built-in lab' }).click();
    await heading('Overview');
    await expect(page.getByRole('main').getByRole('link', { name: 'Lab 1' })).toBeVisible();
    expect(await kept()).toContain('xoa-paris');
    expect(await kept()).toContain('Europe/Paris');
  }, { https: '127.0.0.1:0' });
});

test('a server elsewhere has no such page in its navigation', async ({ page, enter }) => {
  await enter();
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Account', exact: true })).toBeVisible();
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Appliance', exact: true })).toHaveCount(0);
});
