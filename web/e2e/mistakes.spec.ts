// Mistakes: what is typed wrong is said where it stands, before it is sent; what a pool refuses is said in words.
import { expect, test } from './fixture.ts';

interface Named {
  id: string;
  name_label: string;
}

test('names of blanks and absurd numbers are refused at their fields', async ({ page, server, enter, shot }) => {
  await enter();
  await page.goto('/create-vm');
  await page.getByLabel('Template', { exact: false }).last().selectOption({ label: 'debian-12-cloud' });
  const name = page.getByRole('textbox', { name: 'Name', exact: false }).first();
  await name.fill('   ');
  await expect(page.getByText('Must not be only spaces')).toBeVisible();
  await name.fill('n'.repeat(2000));
  await expect(page.getByText('At most 255 characters')).toBeVisible();
  await name.fill('sound');
  const make = page.getByRole('button', { name: 'Make the VM' });
  await expect(make).toBeEnabled();
  await page.getByLabel('CPUs').fill('100000');
  await expect(page.getByText('Must be between 1 and 512')).toBeVisible();
  await expect(make).toBeDisabled();
  await page.getByLabel('CPUs').fill('2');
  await page.getByLabel('Memory').fill('-3');
  await expect(page.getByText('Must be more than 0 GiB')).toBeVisible();
  await shot('mistakes-create');

  const [vm] = await server.ask<Named[]>('GET', '/vms?fields=id&filter=power_state:Running&sort=name_label&limit=1');
  await page.goto(`/vms/${vm?.id}/settings`);
  await page.getByRole('button', { name: 'Edit: CPU cap (%)' }).click();
  await page.getByRole('spinbutton', { name: 'CPU cap (%)' }).fill('-5');
  await expect(page.getByText('Must be between 0 and 65535')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Save' })).toBeDisabled();
  await shot('mistakes-settings');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.goto(`/vms/${vm?.id}/network`);
  await page.getByRole('button', { name: 'Add an interface' }).click();
  await page.getByRole('dialog').getByLabel('MAC address').fill('01:00:5e:00:00:01');
  await expect(page.getByText('The first pair must be even', { exact: false })).toBeVisible();
});

test('a setting that somebody else changed meanwhile is not overwritten unseen', async ({ page, server, enter, shot }) => {
  await enter();
  const [vm] = await server.ask<Named[]>('GET', '/vms?fields=id,name_label&filter=power_state:Halted&sort=name_label&limit=1');
  await page.goto(`/vms/${vm?.id}/settings`);
  await page.getByRole('button', { name: 'Edit: Description' }).click();
  const box = page.getByRole('textbox', { name: 'Description' });
  await box.fill('mine');
  await server.ask('PATCH', `/vms/${vm?.id}`, { nameDescription: 'theirs' });
  await expect(page.getByText('Somebody else changed this meanwhile')).toBeVisible();
  await expect(page.getByText('It is now: theirs')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Save' })).toBeDisabled();
  await shot('overtaken');
  await page.getByRole('button', { name: 'Go on with mine' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Description is saved')).toBeVisible();
  const { name_description } = await server.ask<{ name_description: string }>('GET', `/vms/${vm?.id}`);
  expect(name_description).toBe('mine');

  // The same in a dialog, which has no live object behind it.
  const [sr] = await server.ask<Named[]>('GET', '/srs?fields=id,name_label&filter=SR_type:nfs&limit=1');
  await page.goto(`/srs/${sr?.id}`);
  await page.getByRole('button', { name: /^Actions on/ }).click();
  await page.getByRole('menuitem', { name: 'Edit', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Description').fill('mine');
  await server.ask('PATCH', `/srs/${sr?.id}`, { nameDescription: 'theirs' });
  await dialog.getByRole('button', { name: 'Edit' }).click();
  await expect(dialog).toContainText('Somebody else changed this meanwhile');
  await expect(dialog).toContainText('theirs');
  await shot('overtaken-dialog');
  await dialog.getByRole('button', { name: 'Edit' }).click();
  await expect(dialog).toBeHidden();
  await expect.poll(async () => (await server.ask<{ name_description: string }>('GET', `/srs/${sr?.id}`)).name_description).toBe('mine');
});

test('a name that is taken is said so', async ({ page, server, enter, shot }) => {
  await enter();
  await server.ask('POST', '/users', { name: 'taken', password: 'a long password' });
  await page.goto('/users');
  await page.getByRole('button', { name: 'Add a user' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('User name').fill('taken');
  await dialog.getByLabel('Password').fill('a long password');
  await dialog.getByRole('button', { name: 'Add a user' }).click();
  await expect(dialog).toContainText('This name is taken');
  await expect(dialog).toContainText('Choose another name');
  await expect(dialog).not.toContainText('look at it again');
  await shot('mistakes-taken');
});

test('a filter that cannot be read shows no number, and one by an unknown property says so', async ({ page, enter, shot }) => {
  await enter();
  const box = page.getByRole('textbox', { name: 'Filter' });
  await box.fill('name_label:(');
  await expect(page.getByText('The filter cannot be read', { exact: false })).toBeVisible();
  await expect(page.getByText(/\d+ objects?/)).toBeHidden();
  await box.fill('power_stat:Running');
  await expect(page.getByText('No object has a property “power_stat”', { exact: false })).toBeVisible();
  await expect(page.getByText('Did you mean “power_state”?', { exact: false })).toBeVisible();
  await shot('filter-unknown');
  await box.fill('power_state:Running');
  await expect(page.getByText('No object has a property', { exact: false })).toBeHidden();
});
