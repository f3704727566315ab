// Groups of users, and how dates are shown.
import { expectAccessible } from './axe.ts';
import { expect, test } from './fixture.ts';

test('a group is made, gets members, is renamed and deleted', async ({ page, server, enter, shot }) => {
  await enter();
  for (const name of ['ann', 'ben']) await server.ask('POST', '/users', { name, password: 'a long password' });
  await page.getByRole('navigation').getByRole('link', { name: 'Users' }).click();
  await expect(page.getByRole('row', { name: /^ann/ })).toBeVisible();
  await page.getByRole('tab', { name: 'Groups' }).click();
  await expect(page).toHaveURL(/\/users\/groups$/);
  await expect(page.getByText('There is nothing here yet')).toBeVisible();
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'Add a group' }).click();
  await dialog.getByLabel('Name').fill('night shift');
  await dialog.getByRole('button', { name: 'Add a group' }).click();
  const row = page.getByRole('grid', { name: 'Groups' }).getByRole('row', { name: /night shift/ });
  await expect(row).toBeVisible();

  for (const name of ['ann', 'ben']) {
    await row.getByRole('button', { name: 'Add a member' }).click();
    await dialog.getByLabel('User name').selectOption({ label: name });
    await dialog.getByRole('button', { name: 'Add a member' }).click();
    await expect(row.getByText(name, { exact: true })).toBeVisible();
  }
  await expectAccessible(page);
  await shot('groups');
  await row.getByRole('button', { name: 'Take ann out' }).click();
  await expect(row.getByText('ann', { exact: true })).toBeHidden();
  const [group] = await server.ask<{ id: string; users: string[] }[]>('GET', '/groups?fields=id,users');
  expect(group?.users).toHaveLength(1);

  await row.getByRole('button', { name: 'Rename' }).click();
  await expect(dialog.getByLabel('Name')).toHaveValue('night shift');
  await dialog.getByLabel('Name').fill('day shift');
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await expect(page.getByRole('row', { name: /day shift/ })).toBeVisible();
  await page.setViewportSize({ width: 360, height: 740 });
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await expectAccessible(page);
  await shot('narrow-groups');
  await page.getByRole('row', { name: /day shift/ }).getByRole('button', { name: 'Delete' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('There is nothing here yet')).toBeVisible();
});

test('dates are shown in the time zone that was chosen', async ({ page, server, enter, shot }) => {
  await enter();
  const [vm] = await server.ask<{ id: string; startTime: number }[]>('GET', '/vms?fields=id,startTime&filter=power_state:Running&limit=1');
  await page.getByRole('button', { name: 'Menu of admin' }).click();
  await page.getByRole('menuitem', { name: 'Account' }).click();
  await page.getByLabel('Time zone').selectOption('Pacific/Kiritimati');
  await shot('account-time-zone');
  await page.goto(`/vms/${vm?.id}`);
  const started = new Date((vm?.startTime ?? 0) * 1000);
  const shown = (timeZone?: string) =>
    `${started.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone })} ${started.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZone })}`;
  await expect(page.getByText(shown('Pacific/Kiritimati'))).toBeVisible();
  await page.goto('/account');
  await expect(page.getByLabel('Time zone')).toHaveValue('Pacific/Kiritimati');
  await page.getByLabel('Time zone').selectOption({ index: 0 });
  await page.goto(`/vms/${vm?.id}`);
  await expect(page.getByText(shown())).toBeVisible();
});
