// Backups of the server, with the real agent: made, taken away, brought to another machine, restored here and there.
import { join } from 'node:path';

import { inAppliance } from './agent.ts';
import { expectAccessible } from './axe.ts';
import { expect, signIn, test } from './fixture.ts';
import { ADMIN, freeAddress, startServer } from './server.ts';

test('a backup is made and downloaded, and its machine and a fresh one become what it holds', async ({ page, shot }, info) => {
  const file = join(info.outputDir, 'one.xoabackup');
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const rows = page.getByRole('grid', { name: 'Backups' }).locator('tbody tr');
  let key = '';
  await inAppliance(page, async (server) => {
    await server.ask('GET', '/users/me');
    await signIn(page, `${server.url}/appliance/backups`);
    await expect(page.getByRole('heading', { name: 'No backups yet' })).toBeVisible();
    await expectAccessible(page);
    await button('Make a backup').click();
    await expect(rows).toHaveCount(1);
    await button('Show the recovery key').click();
    const shown = page.getByRole('textbox', { name: 'Recovery key' });
    await expect(shown).not.toBeEmpty();
    key = await shown.inputValue();
    await expectAccessible(page);
    await shot('backups');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 360, height: 900 });
    await expect(page.getByRole('combobox', { name: 'Parts of this page' })).toBeVisible();
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await expectAccessible(page);
    await shot('narrow-backups');
    await page.setViewportSize({ width: 1280, height: 800 });
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    await (await download).saveAs(file);
    await page.getByLabel('Send a backup here').last().setInputFiles(file);
    await expect(rows.filter({ hasText: 'Sent from elsewhere' })).toHaveCount(1);

    await server.ask('POST', '/users', { name: 'late', password: ADMIN.password });
    await rows.filter({ hasText: 'Somebody made it' }).getByRole('button', { name: 'Restore' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Recovery key').fill('not a key');
    await dialog.getByRole('button', { name: 'Restore' }).click();
    await expect(dialog.getByText(/The server did not take this/)).toBeVisible();
    await shot('backups-restore');
    await dialog.getByLabel('Recovery key').fill('');
    await dialog.getByRole('button', { name: 'Restore' }).click();
    // The page begins anew; its session is in the backup too.
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
    await page.goto(`${server.url}/users`);
    await expect(page.getByRole('main').getByText('admin', { exact: true })).toBeVisible();
    await expect(page.getByRole('main').getByText('late', { exact: true })).toHaveCount(0);
  }, { http: await freeAddress() });

  const fresh = await startServer([], 'off', await freeAddress());
  try {
    // As another browser: the restored server would know this one's session.
    await page.context().clearCookies();
    await page.goto(fresh.url);
    await page.getByRole('textbox', { name: 'Setup code' }).fill(fresh.code);
    await button('Restore a backup instead').click();
    await page.getByLabel('Choose the backup').last().setInputFiles(file);
    await page.getByLabel('Recovery key').fill(`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`);
    await expectAccessible(page);
    await shot('wizard-restore');
    await button('Restore').click();
    await expect(page.getByText('Nothing was restored')).toBeVisible();
    await page.getByLabel('Recovery key').fill(key);
    await button('Restore').click();
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
    await signIn(page, fresh.url);
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  } finally {
    await page.goto('about:blank');
    await fresh.stop();
  }
});
