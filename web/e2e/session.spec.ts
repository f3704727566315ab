// A session that ends while a page is open: whoever signs in again goes on where they were.
import type { Page } from '@playwright/test';

import { expectAccessible } from './axe.ts';
import { expect, test } from './fixture.ts';
import { ADMIN, type Server } from './server.ts';

interface Named {
  id: string;
  name_label: string;
}

/** As when the token runs out or somebody revokes it. */
async function endSession(page: Page, server: Server) {
  const cookies = await page.context().cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const answer = await fetch(`${server.url}/rest/v0/session`, { method: 'DELETE', headers: { cookie } });
  expect(answer.status).toBe(204);
}

test('a session that ends is begun again over the page, and what was typed is sent', async ({ page, server, enter, shot }) => {
  await enter();
  const [vm] = await server.ask<Named[]>('GET', '/vms?fields=id,name_label&filter=power_state:Running&sort=name_label&limit=1');
  await page.goto(`/vms/${vm?.id}/snapshots`);
  await page.getByRole('button', { name: 'Take a snapshot', exact: true }).click();
  const ask = page.getByRole('dialog', { name: 'Take a snapshot' });
  await ask.getByLabel('Name').fill('typed before the end');
  await endSession(page, server);

  // Nothing is asked for by hand: the page finds out by itself.
  const again = page.getByRole('dialog', { name: 'Your session has ended' });
  await expect(again.getByLabel('User name')).toHaveValue(ADMIN.username);
  await expect(again.getByLabel('Password')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(again).toBeVisible();
  await again.getByLabel('Password').fill('not this one');
  await page.keyboard.press('Enter');
  await expect(again.getByText('Wrong user name or password')).toBeVisible();
  await expectAccessible(page);
  await shot('session-ended');
  await again.getByLabel('Password').fill(ADMIN.password);
  // After a wrong password the server makes everybody wait for a moment.
  await expect(async () => {
    await again.getByRole('button', { name: 'Sign in' }).click({ timeout: 3000 });
    await expect(again).toBeHidden({ timeout: 3000 });
  }).toPass();

  await expect(ask.getByLabel('Name')).toHaveValue('typed before the end');
  await ask.getByRole('button', { name: 'Take a snapshot' }).click();
  await expect(page.getByRole('button', { name: 'Actions on typed before the end' })).toBeVisible();
  // What others change is seen again.
  await server.ask('PATCH', `/vms/${vm?.id}`, { nameLabel: 'renamed by another' });
  await expect(page.getByRole('heading', { level: 1, name: 'renamed by another' })).toBeVisible();
});

test('what is sent with no session waits for the new one', async ({ page, server, enter, shot }) => {
  await enter();
  const [vm] = await server.ask<Named[]>('GET', '/vms?fields=id,name_label&filter=power_state:Running&sort=-name_label&limit=1');
  await page.goto(`/vms/${vm?.id}/settings`);
  await page.getByRole('button', { name: 'Edit: Description' }).click();
  await page.getByRole('textbox', { name: 'Description' }).fill('kept');
  await page.context().clearCookies();
  await page.getByRole('button', { name: 'Save' }).click();
  const again = page.getByRole('dialog', { name: 'Your session has ended' });
  await again.getByLabel('Password').fill(ADMIN.password);
  await page.setViewportSize({ width: 360, height: 740 });
  await shot('narrow-session-ended');
  await page.setViewportSize({ width: 1280, height: 800 });
  await again.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('Description is saved')).toBeVisible();
  const { name_description } = await server.ask<{ name_description: string }>('GET', `/vms/${vm?.id}`);
  expect(name_description).toBe('kept');

  // Nobody has to come back.
  await endSession(page, server);
  await expect(again).toBeVisible();
  await again.getByRole('button', { name: 'Leave this page' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expect(page.getByRole('navigation')).toBeHidden();
});

test('another user who signs in over the page gets one of their own', async ({ page, server, enter }) => {
  await enter();
  await server.ask('POST', '/users', { name: 'other', password: 'a long password', permission: 'none' });
  await page.goto('/vms');
  await expect(page.getByText('20 VMs')).toBeVisible();
  await endSession(page, server);
  const again = page.getByRole('dialog', { name: 'Your session has ended' });
  await again.getByLabel('User name').fill('other');
  await again.getByLabel('Password').fill('a long password');
  await again.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Menu of other' })).toBeVisible();
  await expect(page.getByText('Nothing of this kind was granted to you')).toBeVisible();
});
