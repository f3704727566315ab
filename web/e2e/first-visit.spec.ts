// From nothing to a list that lives.
import { expect, test } from './fixture.ts';
import { ADMIN } from './server.ts';

interface Vm {
  id: string;
  name_label: string;
}

test('somebody sets the server up, signs out and in, and sees VMs change as others change them', async ({ page, server, shot }) => {
  await page.goto('/');
  await page.getByRole('textbox', { name: 'Setup code' }).fill(server.code);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByRole('button', { name: 'Make the administrator' }).click();
  await expect(page.getByText('This server speaks no HTTPS')).toBeVisible();
  await page.getByRole('button', { name: 'Go on' }).click();

  // It has a pool already: none is asked for.
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  await page.getByRole('navigation').getByRole('link', { name: 'VMs', exact: true }).click();
  const rows = page.getByRole('grid', { name: 'VMs' }).getByRole('row');
  await expect(page.getByText('20 VMs')).toBeVisible();
  await expect(rows.nth(1)).toContainText(/Running|Halted/);
  await shot('vms');

  await page.getByRole('button', { name: 'Menu of admin' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByLabel('User name').fill(ADMIN.username);
  await page.getByLabel('Password').fill(ADMIN.password);
  await shot('sign-in');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('20 VMs')).toBeVisible();

  // Somebody else renames one that is on screen.
  const [vm] = await server.ask<Vm[]>('GET', '/vms?fields=id,name_label&filter=power_state:Halted&sort=name_label&limit=1');
  if (!vm) throw new Error('the lab has no halted VM');
  await expect(page.getByRole('link', { name: vm.name_label, exact: true })).toBeVisible();
  await server.ask('PATCH', `/vms/${vm.id}`, { nameLabel: 'a renamed one' });
  await expect(page.getByRole('link', { name: 'a renamed one' })).toBeVisible();

  // And starts it: it leaves the list of those that are halted.
  await page.getByRole('textbox', { name: 'Filter' }).fill('power_state:Halted');
  await expect(page).toHaveURL(/filter=power_state%3AHalted/);
  await expect(page.getByRole('link', { name: 'a renamed one' })).toBeVisible();
  await server.ask('POST', `/vms/${vm.id}/actions/start?sync=true`, {});
  await expect(page.getByRole('link', { name: 'a renamed one' })).toBeHidden();

  await page.getByRole('textbox', { name: 'Filter' }).fill('name_label:(');
  await expect(page.getByText('invalid filter at character', { exact: false })).toBeVisible();
  await shot('filter-error');
});

test('a VM is stopped and started from its page', async ({ page, server, enter, shot }) => {
  await enter();
  const [vm] = await server.ask<Vm[]>('GET', '/vms?fields=id,name_label&filter=power_state:Running&limit=1');
  if (!vm) throw new Error('the lab has no running VM');
  await page.goto(`/vms/${vm.id}`);
  await expect(page.getByRole('heading', { level: 1, name: vm.name_label })).toBeVisible();
  await shot('vm-summary');
  await page.getByRole('button', { name: 'Shut down' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Shut down' }).click();
  await expect(page.getByText('Halted')).toBeVisible();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  const done = page.getByText(`Start: ${vm.name_label} is done`);
  await expect(done).toBeVisible();
  // Messages stand away from the buttons of a page.
  expect((await done.boundingBox())?.y).toBeGreaterThan((page.viewportSize()?.height ?? 0) / 2);
  await page.getByRole('tab', { name: 'Activity' }).click();
  await expect(page).toHaveURL(/\/activity$/);
  await expect(page.getByRole('grid', { name: 'Activity' }).getByRole('row')).toHaveCount(3);
  await shot('vm-activity');
});

test('the theme is dark from the first paint on, and the palette goes to a VM', async ({ page, server, enter, shot }) => {
  await enter();
  await page.getByRole('button', { name: 'Menu of admin' }).click();
  await page.getByRole('menuitem', { name: 'Dark' }).click();
  await page.reload({ waitUntil: 'commit' });
  await expect(page.locator('html')).toHaveClass(/pf-v6-theme-dark/);
  await expect(page.getByText('20 VMs')).toBeVisible();
  await shot('vms-dark');
  const [vm] = await server.ask<Vm[]>('GET', '/vms?fields=id,name_label&limit=1');
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').getByRole('textbox').fill(vm?.name_label ?? '');
  await page.getByRole('menuitem', { name: `${vm?.name_label} VM`, exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/vms/${vm?.id}$`));
});

test('the palette acts on what is on screen and anywhere, and says when it finds nothing', async ({ page, server, enter, shot }) => {
  await enter();
  const [vm] = await server.ask<{ id: string; name_label: string }[]>('GET', '/vms?fields=id,name_label&filter=power_state:Halted&sort=name_label&limit=1');
  await page.goto(`/vms/${vm?.id}`);
  await expect(page.getByRole('heading', { level: 1, name: vm?.name_label ?? '' })).toBeVisible();
  const type = async (text: string) => {
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('textbox').fill(text);
  };
  await type('Start');
  await shot('palette-actions');
  await page.keyboard.press('Enter');
  await expect(page.getByText(`Start: ${vm?.name_label} is done`)).toBeVisible();
  await type('dark');
  await page.getByRole('menuitem', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveClass(/pf-v6-theme-dark/);
  await type('Add a pool');
  await page.getByRole('menuitem', { name: 'Add a pool' }).click();
  await expect(page.getByRole('dialog', { name: 'Add a pool' })).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await type('no such thing');
  await expect(page.getByText('Nothing is called so', { exact: false })).toBeVisible();
});
