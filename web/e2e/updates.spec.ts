// The page of updates, through the real server. How an update goes is scripted in front of the agent: the engine itself is tested in
// `appliance/tests`.
import { setTimeout as sleep } from 'node:timers/promises';

import type { Page } from '@playwright/test';
import type { Updates } from '../src/api/updates.ts';
import { inAppliance, type Verb } from './agent.ts';
import { expectAccessible } from './axe.ts';
import { expect, signIn, test } from './fixture.ts';
import { layWire } from './wire.ts';

const MIB = 2 ** 20;
const NOTES = '# 1.1.0\n\n- Exports are **resumed**.\n- <b>No</b> longer `slow`.\n';

/** An appliance that has seen a bad release, and whose repository has version 1.1.0. */
class Scripted {
  readonly asked: Verb[] = [];
  /** Its repository has nothing newer. */
  isNewest = false;
  told: Updates = {
    version: '1.0.0',
    other: { version: '0.9.0', triesLeft: null },
    update: null,
    rollback: null,
    progress: null,
    ended: null,
    uploaded: null,
    clockSeenAhead: null,
    checked: null,
    refused: ['1.0.5'],
    outcomes: [{ at: Date.UTC(2026, 10, 1, 12), version: '1.0.5', from: '1.0.0', end: 'failed', reason: 'the sign-in did not work', data: 'the data of before are back' }],
    settings: { channel: 'stable', repository: 'https://updates.example/xoa', bytesPerSecond: null, automatic: false, window: null, waitSeconds: 600 },
    waits: null,
  };

  /** Files that are sent, and restarts, do not come to their end before. */
  held: Promise<void> | undefined;

  private count = 0;

  readonly answer = (asked: Verb): object | undefined | Promise<object> => {
    // It stands otherwise all the time, as far as this tells.
    if (asked.verb === 'update.wait') return sleep(200, { count: (this.count += 1) });
    if (['update.upload', 'update.apply'].includes(asked.verb) && this.held) return this.held.then(() => this.reply(asked) ?? {});
    return this.reply(asked);
  };

  private reply(asked: Verb): object | undefined {
    const { verb, params } = asked;
    if (!verb.startsWith('update.')) return undefined;
    if (verb === 'update.status') return this.told;
    this.asked.push(asked);
    if (verb === 'update.check' && this.isNewest) return { found: null, elsewhere: { version: '1.2.0', channels: ['latest'] } };
    if (verb === 'update.check') return { found: { version: '1.1.0', release: {}, bytes: 100 * MIB, notes: NOTES }, elsewhere: null };
    if (verb === 'update.settings') this.told.settings = { ...this.told.settings, ...params };
    if (verb === 'update.fetch') this.isAt('fetching', 20, 100);
    if (verb === 'update.stage') this.isAt('staging', 128, 256);
    if (verb === 'update.apply') this.isAt('applied');
    if (verb === 'update.rollback') this.told.rollback = { from: this.told.version, to: '1.0.0' };
    if (verb === 'update.trust-clock') this.told.clockSeenAhead = null;
    if (verb === 'update.upload') this.told.uploaded = '1.1.0';
    if (verb === 'update.fetch' && params.from === 'bundle') this.told.uploaded = null;
    if (verb === 'update.cancel') Object.assign(this.told, { update: null, uploaded: null, progress: null, ended: { doing: 'fetch', error: 'cancelled' } });
    return {};
  }

  isAt(name: NonNullable<Updates['update']>['step']['name'], done = 0, total = 0) {
    const isFile = this.asked.findLast(({ verb }) => verb === 'update.fetch')?.params.from === 'bundle';
    this.told.update = { version: '1.1.0', from: '1.0.0', origin: isFile ? 'bundle' : 'repository', step: { name }, isOnTrial: false, notes: NOTES };
    const phases = name === 'fetching' ? (['coming', 'checking'] as const) : (['writing', 'readingBack'] as const);
    this.told.progress = total === 0 ? null : { phase: phases[done < total ? 0 : 1], done: done * MIB, total: total * MIB, rate: 2 * MIB, secondsLeft: (total - done) / 2 };
  }

  verbs = () => this.asked.map(({ verb }) => verb);
}

/** All that the first card tells from now on, each once. */
async function wordsOf(page: Page): Promise<() => Promise<string>> {
  await page.evaluate(() => {
    const said = new Set<string>();
    const look = () => said.add(document.body.innerText);
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    Object.assign(globalThis, { said });
  });
  return () => page.evaluate(() => [...(globalThis as unknown as { said: Set<string> }).said].join('\n'));
}

test('an update is found, downloaded, prepared and started, and the page comes back with it', async ({ page, shot }) => {
  const agent = new Scripted();
  let backedUp = () => {};
  await inAppliance(page, async (server) => {
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    const dialog = page.getByRole('dialog');
    await server.ask('GET', '/users/me');
    await signIn(page, `${server.url}/appliance/updates`);
    await expect(page.getByText('https://updates.example/xoa')).toBeVisible();
    await expect(page.getByText('Version 1.0.5 went wrong here')).toBeVisible();
    await expect(page.getByRole('gridcell', { name: /Failed: the version before came back by itself.*the sign-in did not work/ })).toBeVisible();
    await expectAccessible(page);
    await shot('updates');

    await button('Change the settings of updates').click();
    await dialog.getByLabel('Channel').selectOption('latest');
    await dialog.getByLabel('Bandwidth limit').fill('512');
    await dialog.getByLabel('Install updates by themselves').check();
    await dialog.getByLabel('Days').selectOption('Saturday, Sunday');
    await dialog.getByLabel('To', { exact: true }).fill('04:30');
    await shot('updates-settings');
    await dialog.getByRole('button', { name: 'Change the settings of updates' }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByText('512 KiB/s')).toBeVisible();
    await expect(page.getByText('Updates install themselves: Saturday, Sunday, 22:00 – 04:30.')).toBeVisible();
    const window = { days: ['saturday', 'sunday'], from: '22:00', to: '04:30' };
    expect(agent.asked.at(-1)).toEqual({ verb: 'update.settings', params: { channel: 'latest', bytesPerSecond: 512 * 1024, automatic: true, window, waitSeconds: 600 } });

    await button('Look for updates').click();
    await expect(page.getByText('Version 1.1.0 can be installed')).toBeVisible();
    await expect(page.getByText('100 MiB in whole. Only what the running system does not have yet', { exact: false })).toBeVisible();
    // As they were written, line by line.
    const notes = page.getByRole('paragraph').filter({ hasText: 'Exports are **resumed**.' });
    await expect(notes).toHaveText(NOTES, { useInnerText: true });
    await expectAccessible(page);
    await shot('updates-found');
    await button('Download and prepare').click();
    await expect(page.getByText('20 MiB of 100 MiB · 2 MiB/s · 40 s left')).toBeVisible();
    expect(agent.asked.at(-1)).toEqual({ verb: 'update.fetch', params: { version: '1.1.0' } });
    await expectAccessible(page);
    await shot('updates-fetching');
    agent.told.progress = { phase: 'comparing', done: MIB, total: MIB, rate: null, secondsLeft: null };
    await expect(page.getByText('Comparing with what this system has already')).toBeVisible();
    await expect(page.getByText('MiB of', { exact: false })).toHaveCount(0);
    agent.isAt('fetching', 90, 100);
    await expect(page.getByText('90 MiB of 100 MiB', { exact: false })).toBeVisible();
    agent.isAt('fetching', 100, 100);
    await expect(page.getByText('Comparing it with what was signed')).toBeVisible();
    await expect(page.getByText('0 s left', { exact: false })).toHaveCount(0);
    // What is downloaded is prepared by itself.
    const words = await wordsOf(page);
    agent.isAt('fetched');
    await expect(page.getByText('128 MiB of 256 MiB', { exact: false })).toBeVisible();
    expect(await words()).not.toContain('Downloading');
    expect(agent.verbs().slice(-2)).toEqual(['update.fetch', 'update.stage']);
    await expect(notes).toBeHidden();
    await page.getByText('Release notes', { exact: true }).click();
    await expect(notes).toBeVisible();
    agent.told.other = null;
    agent.isAt('staging', 256, 256);
    await expect(page.getByText('Preparing: reading the other slot back', { exact: false })).toBeVisible();
    await expect(page.getByText('0 s left', { exact: false })).toHaveCount(0);
    await expect(page.getByText('1.1.0, not whole yet')).toBeVisible();
    agent.isAt('staged');
    agent.told.waits = { interrupts: ['an export of web'], asks: true };
    await expect(page.getByText('It would have started by itself, but for: an export of web', { exact: false })).toBeVisible();
    await expect(page.getByText('this page goes away for about a minute', { exact: false })).toBeVisible();
    await shot('updates-ready');
    await expect(page.getByText('1.1.0, ready')).toBeVisible();
    // Nobody restarts by a reload.
    await page.reload();
    await button('Restart into 1.1.0').click();
    await expectAccessible(page);
    agent.held = new Promise((resolve) => (backedUp = resolve));
    await dialog.getByRole('button', { name: 'Restart now' }).click();
    await expect(dialog.getByText('A backup is made, then it restarts.')).toBeVisible();
    backedUp();
    await expect(page.getByText('Restarting into version 1.1.0')).toBeVisible();
    await shot('updates-restarting');

    // The server is away, then the new one answers.
    await page.evaluate(() => Object.assign(globalThis, { isOldPage: true }));
    await page.route('**/rest/**', (route) => route.abort());
    await page.waitForEvent('requestfailed');
    await expect(page.getByText('Restarting into version 1.1.0')).toBeVisible();
    agent.told.version = '1.1.0';
    agent.told.other = { version: '1.0.0', triesLeft: null };
    agent.told.update = { version: '1.1.0', from: '1.0.0', origin: 'repository', step: { name: 'applied' }, isOnTrial: true, notes: NOTES };
    await page.unroute('**/rest/**');
    // The page tells it for a moment, then begins anew with the new client.
    await expect.poll(() => page.evaluate(() => 'isOldPage' in globalThis).catch(() => true)).toBe(false);
    await expect(page.getByText('Version 1.1.0 runs, and must prove itself')).toBeVisible();
    await shot('updates-trial');
    agent.told.update = null;
    agent.told.outcomes = [{ at: Date.UTC(2026, 10, 2, 12), version: '1.1.0', from: '1.0.0', end: 'confirmed' }, ...agent.told.outcomes];
    await expect(page.getByRole('gridcell', { name: 'Installed', exact: true })).toBeVisible();
    await expect(page.getByText(/Version 1.1.0 is installed: it proved itself on 2 Nov 2026/)).toBeVisible();

    await button('Go back to 1.0.0').click();
    await dialog.getByLabel('Version to go back to').fill('1.1.0');
    await expect(dialog.getByRole('button', { name: 'Go back to 1.0.0' })).toBeDisabled();
    await shot('updates-back');
    await dialog.getByLabel('Version to go back to').fill('1.0.0');
    await dialog.getByRole('button', { name: 'Go back to 1.0.0' }).click();
    await expect(page.getByText('Restarting into version 1.0.0')).toBeVisible();
    expect(agent.verbs().at(-1)).toBe('update.rollback');
    Object.assign(agent.told, { version: '1.0.0', other: { version: '1.1.0', triesLeft: 0 }, rollback: null, refused: ['1.0.5', '1.1.0'] });
    agent.told.outcomes = [{ at: Date.UTC(2026, 10, 3, 12), version: '1.1.0', from: '1.0.0', end: 'rolledBack' }, ...agent.told.outcomes];
    await expect(page.getByText('Somebody went back from version 1.1.0')).toBeVisible();
    await expect(page.getByText('Version 1.1.0 went wrong here')).toHaveCount(0);
    await expect(page.getByText('Version 1.0.5 went wrong here')).toBeVisible();
    await expect(page.getByText('Version 1.1.0 is installed', { exact: false })).toHaveCount(0);
    const cells = page.getByRole('row').filter({ hasText: 'Gone back' }).first().getByRole('gridcell');
    await expect(cells.nth(1)).toHaveText('1.1.0');
    await expect(cells.nth(2)).toHaveText('1.0.0');
  }, { script: agent.answer });
});

test('without a repository nothing is looked for, and a file is taken still', async ({ page, shot }) => {
  const agent = new Scripted();
  agent.told.settings.repository = null;
  await inAppliance(page, async (server) => {
    await server.ask('GET', '/users/me');
    await signIn(page, `${server.url}/appliance/updates`);
    await expect(page.getByText('There is no repository to look in')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Look for updates' })).toBeDisabled();
    await expect(page.getByRole('button', { name: 'Take an update from a file' })).toBeEnabled();
    await expectAccessible(page);
    await shot('updates-no-repository');
    await page.getByRole('button', { name: 'Change the settings of updates' }).click();
    await page.getByRole('dialog').getByLabel('Repository').fill('https://updates.example/xoa');
    await page.getByRole('dialog').getByRole('button', { name: 'Change the settings of updates' }).click();
    await expect(page.getByRole('button', { name: 'Look for updates' })).toBeEnabled();
    await expect(page.getByText('There is no repository to look in')).toHaveCount(0);
  }, { script: agent.answer });
});

test('a download that was broken off goes on or is cancelled, and a failure says why', async ({ page, shot }) => {
  const agent = new Scripted();
  await inAppliance(page, async (server) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ colorScheme: 'dark' });
    agent.isAt('fetching');
    agent.told.ended = { doing: 'fetch', error: 'Root ended after 10 of 20 bytes: fetch again, it goes on from there' };
    await server.ask('GET', '/users/me');
    await signIn(page, `${server.url}/appliance/updates`);
    await expect(page.getByText('Root ended after 10 of 20 bytes', { exact: false })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await expectAccessible(page);
    await shot('narrow-updates');
    await page.getByRole('button', { name: 'Go on with the download' }).click();
    await expect(page.getByText('20 MiB of 100 MiB', { exact: false })).toBeVisible();
    await shot('narrow-updates-fetching');
    agent.told.progress = null;
    await page.getByRole('button', { name: 'Cancel the update' }).click();
    await expect(page.getByRole('button', { name: 'Look for updates' })).toBeVisible();
    expect(agent.verbs()).toEqual(['update.fetch', 'update.cancel']);

    // A file takes the same way.
    await page.getByLabel('Take an update from a file').last().setInputFiles({ name: 'xoa-1.1.0.tar', mimeType: 'application/x-tar', buffer: Buffer.alloc(3 * MIB, 7) });
    await expect(page.getByText('100 MiB, from the file that was sent.')).toBeVisible();
    const take = { verb: 'update.fetch', params: { from: 'bundle' } };
    await page.getByRole('button', { name: 'Take it from the file and prepare' }).click();
    await expect(page.getByText('Taking it out of the file')).toBeVisible();
    await expect(page.getByText('20 MiB of 100 MiB', { exact: false })).toBeVisible();
    expect(agent.verbs()).toContain('update.upload');
    expect(agent.asked.at(-1)).toEqual(take);

    // Broken off, it goes on from the file, as long as that is there.
    agent.told.progress = null;
    agent.told.uploaded = '1.1.0';
    await expect(page.getByText('Taking version 1.1.0 out of the file was broken off', { exact: false })).toBeVisible();
    await page.getByRole('button', { name: 'Go on with the file' }).click();
    await expect(page.getByText('20 MiB of 100 MiB', { exact: false })).toBeVisible();
    expect(agent.asked.at(-1)).toEqual(take);
    agent.told.progress = null;
    await expect(page.getByText('The file with version 1.1.0 is not here any more', { exact: false })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Go on with the file' })).toHaveCount(0);
  }, { script: agent.answer });
});

test('what was found is looked for anew once the appliance is in another state or looks elsewhere', async ({ page }) => {
  const agent = new Scripted();
  await inAppliance(page, async (server) => {
    const found = page.getByText('Version 1.1.0 can be installed');
    const checks = () => agent.verbs().filter((verb) => verb === 'update.check').length;
    await server.ask('GET', '/users/me');
    await signIn(page, `${server.url}/appliance/updates`);
    await page.getByRole('button', { name: 'Look for updates' }).click();
    await expect(found).toBeVisible();
    // It is tried, and the version before comes back.
    await page.getByRole('button', { name: 'Download and prepare' }).click();
    await expect(page.getByText('20 MiB of 100 MiB', { exact: false })).toBeVisible();
    agent.isAt('applied');
    await expect(page.getByText('Restarting into version 1.1.0')).toBeVisible();
    agent.isNewest = true;
    agent.told.refused = ['1.1.0'];
    agent.told.outcomes = [{ at: Date.UTC(2026, 10, 2, 12), version: '1.1.0', from: '1.0.0', end: 'failed', reason: 'no sign-in' }, ...agent.told.outcomes];
    agent.told.update = null;
    await expect(page.getByText('Version 1.1.0 went wrong here')).toBeVisible();
    await expect(page.getByText('Nothing newer is on the channel stable')).toBeVisible();
    await expect(page.getByText('Version 1.2.0 is on the channel latest: to have it, follow that one.')).toBeVisible();
    await expect(found).toHaveCount(0);

    // Another channel was not looked at before.
    agent.isNewest = false;
    const before = checks();
    await page.getByRole('button', { name: 'Change the settings of updates' }).click();
    await page.getByRole('dialog').getByLabel('Channel').selectOption('latest');
    await page.getByRole('dialog').getByRole('button', { name: 'Change the settings of updates' }).click();
    await expect(found).toBeVisible();
    await expect(page.getByText('Nothing newer is on the channel', { exact: false })).toHaveCount(0);
    expect(checks()).toBe(before + 1);

    // Without a repository there is nowhere to look, and what was found there is not offered.
    await page.getByRole('button', { name: 'Change the settings of updates' }).click();
    await page.getByRole('dialog').getByLabel('Repository').fill('');
    await page.getByRole('dialog').getByRole('button', { name: 'Change the settings of updates' }).click();
    await expect(page.getByText('There is no repository to look in')).toBeVisible();
    await expect(found).toHaveCount(0);
    await expect(page.getByText('This step was not done')).toHaveCount(0);
    expect(checks()).toBe(before + 1);
  }, { script: agent.answer });
});

test('a file is sent with its rate and the time left, can be stopped, and is known after a reload', async ({ page, shot }) => {
  const agent = new Scripted();
  let goOn = () => {};
  agent.held = new Promise((resolve) => (goOn = resolve));
  await inAppliance(page, async (server) => {
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    const send = () => page.getByLabel('Take an update from a file').last().setInputFiles({ name: 'xoa-1.1.0.tar', mimeType: 'application/x-tar', buffer: Buffer.alloc(8 * MIB, 7) });
    const found = page.getByText('100 MiB, from the file that was sent.');
    await server.ask('GET', '/users/me');
    await signIn(page, `${server.url}/appliance/updates`);
    await send();
    await expect(page.getByText('Sending xoa-1.1.0.tar')).toBeVisible();
    await expect(page.getByText(/ of 8 MiB · .*B\/s · .* left/)).toBeVisible();
    await expectAccessible(page);
    await shot('updates-sending');
    await button('Stop sending').click();
    await expect(page.getByText('Sending xoa-1.1.0.tar')).toHaveCount(0);
    await expect(button('Look for updates')).toBeEnabled();
    await expect(page.getByText('This step was not done')).toHaveCount(0);
    expect(agent.verbs()).not.toContain('update.upload');

    agent.held = undefined;
    await send();
    await expect(found).toBeVisible();
    await page.reload();
    await expect(page.getByText('The file with version 1.1.0 that was sent is still here')).toBeVisible();
    await shot('updates-sent');
    await button('Look into it').click();
    await expect(found).toBeVisible();
    await expect(page.getByText('is still here', { exact: false })).toHaveCount(0);
    expect(agent.asked.at(-1)).toEqual({ verb: 'update.check', params: { from: 'bundle' } });
    expect(agent.verbs().filter((verb) => verb === 'update.upload')).toHaveLength(1);
    // What failed here is offered with a warning beside it.
    await expect(page.getByText('Version 1.1.0 went wrong here')).toHaveCount(0);
    agent.told.refused = ['1.0.5', '1.1.0'];
    agent.told.outcomes = [{ at: Date.UTC(2026, 10, 2, 12), version: '1.1.0', from: '1.0.0', end: 'failed', reason: 'no sign-in' }, ...agent.told.outcomes];
    await page.reload();
    await button('Look into it').click();
    await expect(found).toBeVisible();
    await expect(page.getByText('Version 1.1.0 went wrong here')).toHaveCount(1);
    await expect(page.getByText('no sign-in').first()).toBeVisible();
    await expect(button('Install 1.1.0 all the same')).toBeVisible();
    await expectAccessible(page);
    await shot('updates-warned');
    // Nobody needs to keep it.
    await button('Throw it away').click();
    await expect(found).toHaveCount(0);
    await expect(page.getByText('is still here', { exact: false })).toHaveCount(0);
    await expect(page.getByText('This step was not done')).toHaveCount(0);
    await expect(button('Install 1.1.0 all the same')).toBeVisible();
    // One that is refused is gone at once; why is told.
    await page.route(
      '**/actions/check',
      async (route) => {
        agent.told.uploaded = null;
        await route.fulfill({ status: 409, json: { detail: 'version 1.1.0 is not newer' } });
      },
      { times: 1 },
    );
    await send();
    await expect(page.getByText('version 1.1.0 is not newer')).toBeVisible();
    await expect(page.getByText('Sending', { exact: false })).toHaveCount(0);
    // Another state that comes meanwhile does not take it away.
    agent.told.checked = { at: Date.UTC(2026, 10, 4, 12), found: null };
    await expect(page.getByText('4 Nov 2026', { exact: false })).toBeVisible();
    await expect(page.getByText('version 1.1.0 is not newer')).toBeVisible();
    goOn();
  }, { script: agent.answer });
});

test('an error is gone when something was done after it, though the agent still tells it', async ({ page }) => {
  const agent = new Scripted();
  agent.told.ended = { doing: 'fetch', error: 'the file is not signed' };
  await inAppliance(page, async (server) => {
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    const failed = page.getByText('This step was not done');
    await server.ask('GET', '/users/me');
    await signIn(page, `${server.url}/appliance/updates`);
    await expect(page.getByText('the file is not signed')).toBeVisible();
    await button('Look for updates').click();
    await expect(page.getByText('Version 1.1.0 can be installed')).toBeVisible();
    await expect(failed).toHaveCount(0);
    await page.route('**/actions/check', (route) => route.fulfill({ status: 409, json: { detail: 'the repository is old' } }), { times: 1 });
    await button('Look for updates').click();
    await expect(page.getByText('the repository is old')).toBeVisible();
    await expect(page.getByText('Version 1.1.0 can be installed')).toHaveCount(0);

    // All the same, it is downloaded and prepared as others are.
    await button('Install 1.0.5 all the same').click();
    await expect(failed).toHaveCount(0);
    expect(agent.asked.at(-1)).toEqual({ verb: 'update.fetch', params: { version: '1.0.5' } });
    agent.isAt('fetched');
    await expect(page.getByText('128 MiB of 256 MiB', { exact: false })).toBeVisible();
    agent.isAt('fetching');
    agent.told.ended = { doing: 'fetch', error: 'the line broke' };
    await expect(page.getByText('the line broke')).toBeVisible();
    await button('Cancel the update').click();
    await expect(button('Look for updates')).toBeVisible();
    await expect(failed).toHaveCount(0);
    await page.reload();
    await expect(button('Look for updates')).toBeVisible();
    await expect(failed).toHaveCount(0);

    // Nor does it stand over what somebody else brought to an end since.
    await page.route('**/actions/check', (route) => route.fulfill({ status: 409, json: { detail: 'the repository is old' } }), { times: 1 });
    await button('Look for updates').click();
    await expect(failed).toBeVisible();
    agent.isAt('staged');
    await button('Change the settings of updates').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Change the settings of updates' }).click();
    await expect(button('Restart into 1.1.0')).toBeVisible();
    await expect(failed).toHaveCount(0);
  }, { script: agent.answer });
});

test('a clock that was ahead is told until somebody says that it is right now', async ({ page, shot }) => {
  const agent = new Scripted();
  agent.told.clockSeenAhead = Date.UTC(2026, 10, 30, 12);
  agent.told.other = { version: '1.0.5', triesLeft: 0 };
  agent.told.settings = { ...agent.told.settings, automatic: true, window: { days: ['saturday'], from: '00:00', to: '00:00' } };
  await inAppliance(page, async (server) => {
    const clock = page.getByText('The clock is behind a time that was seen before: 30 Nov 2026', { exact: false });
    await server.ask('GET', '/users/me');
    await signIn(page, `${server.url}/appliance/updates`);
    await expect(clock).toBeVisible();
    await expect(page.getByText('1.0.5, went wrong here')).toBeVisible();
    await expect(page.getByText('Saturday, from 00:00 for a whole day', { exact: false })).toBeVisible();
    await expectAccessible(page);
    await shot('updates-clock');
    await page.getByRole('button', { name: 'The clock is right: forget that time' }).click();
    await expect(clock).toHaveCount(0);
    expect(agent.verbs()).toEqual(['update.trust-clock']);
  }, { script: agent.answer });
});

test('a machine that cannot update itself says so', async ({ page }) => {
  await inAppliance(page, async (server) => {
    await server.ask('GET', '/users/me');
    await signIn(page, `${server.url}/appliance/updates`);
    await expect(page.getByText('this machine cannot update itself', { exact: false })).toBeVisible();
  });
});

test('an update that somebody else made meanwhile is told once the connection is back', async ({ page }) => {
  const agent = new Scripted();
  await inAppliance(page, async (server) => {
    const wire = await layWire(server.url);
    await server.ask('GET', '/users/me');
    await signIn(page, `http://${wire.address}/appliance/updates`);
    await expect(page.getByText('the sign-in did not work').first()).toBeVisible();
    await wire.cut();
    await expect(page.getByText('No connection to the server', { exact: false })).toBeVisible();
    agent.told.refused = ['1.0.5', '1.0.6'];
    agent.told.outcomes = [{ at: Date.UTC(2026, 10, 2, 12), version: '1.0.6', from: '1.0.0', end: 'failed', reason: 'no pool came back' }, ...agent.told.outcomes];
    await wire.mend();
    await expect(page.getByText('no pool came back').first()).toBeVisible();
    await page.goto('about:blank');
    await wire.cut();
  }, { script: agent.answer });
});
