// Who is no administrator: what they are told, what they may do, and how they come to it.
import type { Page } from '@playwright/test';

import { expectAccessible } from './axe.ts';
import { expect, test } from './fixture.ts';
import { connectPool, startServer } from './server.ts';
import { layWire } from './wire.ts';

const PASSWORD = 'a long password';

interface Named {
  id: string;
  name_label: string;
}

async function signInAs(page: Page, name: string, url: string) {
  await page.goto(url);
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('somebody without rights is told so everywhere, and whom to ask', async ({ page, server, shot }) => {
  await server.ask('POST', '/users', { name: 'ann', password: PASSWORD });
  await signInAs(page, 'ann', '/');
  await expect(page.getByText('Nothing was granted to you yet')).toBeVisible();
  await expect(page.getByText('Everything is well')).toBeHidden();
  await expect(page.getByRole('navigation').getByRole('link', { name: 'New VM' })).toBeHidden();
  await expectAccessible(page);
  await shot('rights-none');
  await page.goto('/create-vm');
  await expect(page.getByRole('heading', { name: 'You may not make VMs' })).toBeVisible();
  await shot('rights-no-vm');
  for (const path of ['/users', '/users/groups', '/users/access', '/servers']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { name: 'This is for administrators' })).toBeVisible();
    await expect(page.getByRole('button', { name: /^Add/ })).toBeHidden();
  }
});

test('an administrator grants a role on an object found by its name, and takes it back', async ({ page, server, enter, shot }) => {
  await enter();
  await page.goto('/users/access');
  await expect(page.getByText('There is nothing here yet')).toBeVisible();
  await page.getByRole('button', { name: 'Grant access' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('User or group').selectOption({ label: 'ann' });
  await expect(dialog.getByRole('button', { name: 'Grant access' })).toBeDisabled();
  await dialog.getByRole('textbox', { name: 'Find an object' }).fill('app-01');
  await dialog.getByRole('menuitem', { name: /app-01/ }).click();
  await dialog.getByLabel('Role').selectOption({ label: 'Operator' });
  await expectAccessible(page);
  await shot('rights-grant');
  await dialog.getByRole('button', { name: 'Grant access' }).click();
  const row = page.getByRole('row', { name: /ann/ });
  await expect(row).toContainText('app-01');
  await expect(row).toContainText('Operator');
  await expectAccessible(page);
  await shot('rights');
  await row.getByRole('link', { name: 'app-01' }).click();
  await page.getByRole('tab', { name: 'Access' }).click();
  await expect(page.getByRole('row', { name: /ann/ })).toContainText('Operator');
  await shot('rights-of-vm');
  const acls = await server.ask<{ object: string; action: string }[]>('GET', '/acls?fields=*');
  expect(acls).toMatchObject([{ action: 'operator' }]);
});

test('a user does what was granted, and is not offered the rest', async ({ page, shot }) => {
  await signInAs(page, 'ann', '/vms');
  await expect(page.getByText('1 VM', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Actions on app-01' }).click();
  await expect(page.getByRole('menuitem', { name: 'Take a snapshot' })).toBeVisible();
  await expect(page.getByRole('menuitem', { name: 'Delete' })).toBeHidden();
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'app-01' }).click();
  await expect(page.getByRole('button', { name: 'Shut down', exact: true })).toBeVisible();
  await page.getByRole('tab', { name: 'Settings' }).click();
  await expect(page.getByText('CPUs at most')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Edit: Name' })).toBeHidden();
  await expect(page.getByRole('tab', { name: 'Access' })).toBeHidden();
  await shot('rights-settings');
  await page.goto('/');
  await expect(page.getByText('All is well with what you may see')).toBeVisible();
  // Of hosts and storage that they may not see there is nothing to measure.
  await expect(page.getByRole('region', { name: 'VMs' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Capacity' })).toBeHidden();
  await shot('rights-overview');
});

test('a user hears that a pool with something of theirs is lost', async ({ page, server, shot }) => {
  test.setTimeout(150_000);
  const away = await startServer([]);
  const wire = await layWire(server.lab);
  try {
    await connectPool(away, wire.address);
    const { id: subject } = await away.ask<{ id: string }>('POST', '/users', { name: 'ben', password: PASSWORD });
    const [vm] = await away.ask<Named[]>('GET', '/vms?fields=id,name_label&sort=name_label&limit=1');
    await away.ask('POST', '/acls', { subject, object: vm?.id, action: 'viewer' });
    await signInAs(page, 'ben', `${away.url}/vms`);
    await expect(page.getByRole('link', { name: vm?.name_label ?? '', exact: true })).toBeVisible();
    await wire.cut();
    await expect(page.getByText('1 pool is not connected', { exact: false })).toBeVisible();
    await expect(page.getByText('Tell an administrator.')).toBeVisible();
    await shot('rights-pool-lost');
  } finally {
    await page.goto('about:blank');
    await away.stop();
    await wire.cut();
  }
});
