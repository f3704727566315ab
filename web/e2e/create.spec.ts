// New VMs, and what is changed on one: disks, interfaces, snapshots, settings.
import { expectAccessible } from './axe.ts';
import { expect, test } from './fixture.ts';

test('VMs are made from a template, several at once, and one from a CD', async ({ page, server, enter, shot }) => {
  await enter();
  await page.getByRole('link', { name: 'New VM' }).first().click();
  await expect(page.getByText('Choose a template')).toBeVisible();
  await page.getByLabel('Template', { exact: false }).last().selectOption({ label: 'debian-12-cloud' });
  await page.getByRole('textbox', { name: 'Name', exact: false }).first().fill('fresh-{i}');
  await page.getByLabel('How many').fill('2');
  await page.getByLabel('User data').fill('#cloud-config\nhostname: {name}');
  await expect(page.getByText('fresh-2')).toBeVisible();
  await expectAccessible(page);
  await shot('create-vm');
  await page.setViewportSize({ width: 360, height: 740 });
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await shot('narrow-create-vm');
  await page.setViewportSize({ width: 1280, height: 800 });
  // What the server takes of it is held against its document; here it is asked for without cloud-init data.
  await page.getByLabel('User data').fill('');
  await page.getByRole('button', { name: 'Make 2 VMs' }).click();
  await expect(page).toHaveURL(/\/vms\?filter=/);
  await expect(page.getByText('2 VMs')).toBeVisible();

  await page.goto('/create-vm');
  await page.getByText('CD image').click();
  await page.getByLabel('Image').selectOption({ index: 1 });
  await page.getByRole('textbox', { name: 'Name', exact: false }).first().fill('from-cd');
  await page.getByLabel('Start it when it is made').uncheck();
  await page.getByRole('button', { name: 'Make the VM' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'from-cd' })).toBeVisible();
  const [vm] = await server.ask<{ id: string; $VBDs: string[]; VIFs: string[] }[]>('GET', '/vms?fields=id,$VBDs,VIFs&filter=name_label:from-cd');
  expect(vm?.$VBDs).toHaveLength(2);
  expect(vm?.VIFs).toHaveLength(1);

  // Its drive is none of the disks that it brings as a template.
  await server.ask('POST', `/vms/${vm?.id}/actions/convert_to_template?sync=true`, {});
  await page.goto('/create-vm');
  await page.getByLabel('Template', { exact: false }).last().selectOption({ label: 'from-cd' });
  await expect(page.getByText('The template brings 1 disk of its own.')).toBeVisible();
});

test('disks, interfaces, snapshots and settings of a VM are changed on its page', async ({ page, server, enter, shot }) => {
  // It is one long way; each step still has its own deadline.
  test.setTimeout(90_000);
  await enter();
  const [vm] = await server.ask<{ id: string; name_label: string }[]>('GET', '/vms?fields=id,name_label&filter=power_state:Running&sort=name_label&limit=1');
  if (!vm) throw new Error('the lab has no running VM');
  const dialog = page.getByRole('dialog');
  const menuOf = async (row: RegExp | string, item: string) => {
    await page.getByRole('row', { name: row }).getByRole('button', { name: /Actions/ }).click();
    await page.getByRole('menuitem', { name: item, exact: true }).click();
  };

  await page.goto(`/vms/${vm.id}/disks`);
  await page.getByRole('button', { name: 'Add a disk' }).click();
  await dialog.getByLabel('Name').fill('data disk');
  await dialog.getByLabel('Size (GiB)').fill('5');
  await dialog.getByLabel('Storage').selectOption({ label: await dialog.getByRole('option', { name: /^NFS 1/ }).innerText() });
  await shot('ask-disk');
  await dialog.getByRole('button', { name: 'Add a disk' }).click();
  await expect(page.getByRole('row', { name: /data disk/ })).toContainText('5 GiB');
  // What cannot be done says why.
  await page.getByRole('row', { name: /data disk/ }).getByRole('button', { name: /Actions/ }).click();
  await expect(page.getByText(`It is attached to ${vm.name_label}: detach it first`)).toBeVisible();
  await shot('why-not');
  await page.getByRole('menuitem', { name: 'Delete the disk' }).click({ force: true });
  await expect(dialog).toBeHidden();
  await page.keyboard.press('Escape');
  // A connected disk is named, not resized.
  await menuOf(/data disk/, 'Edit, resize');
  await expect(dialog.getByLabel('Size (GiB)')).toBeDisabled();
  await expect(dialog.getByText('It is connected: disconnect it first', { exact: false })).toBeVisible();
  await shot('disk-connected');
  await dialog.getByLabel('Name').fill('data disk 1');
  await dialog.getByRole('button', { name: 'Edit, resize' }).click();
  await expect(page.getByRole('row', { name: /data disk 1/ })).toBeVisible();
  await menuOf(/data disk/, 'Disconnect');
  await expect(page.getByRole('row', { name: /data disk/ })).toContainText('Disconnected');
  await menuOf(/data disk/, 'Edit, resize');
  await dialog.getByLabel('Size (GiB)').fill('8');
  await dialog.getByRole('button', { name: 'Edit, resize' }).click();
  await expect(page.getByRole('row', { name: /data disk/ })).toContainText('8 GiB');
  await page.getByRole('button', { name: 'Insert a CD' }).click();
  await dialog.getByLabel('Image').selectOption({ index: 1 });
  await dialog.getByRole('button', { name: 'Insert a CD' }).click();
  await expect(page.getByRole('button', { name: 'Eject the CD' })).toBeVisible();
  await shot('vm-disks');
  await menuOf(/data disk/, 'Detach');
  await dialog.getByRole('button', { name: 'Detach' }).click();
  await expect(page.getByRole('row', { name: /data disk/ })).toBeHidden();

  await page.getByRole('tab', { name: 'Network' }).click();
  await page.getByRole('button', { name: 'Add an interface' }).click();
  await dialog.getByLabel('Network').selectOption({ index: 1 });
  await dialog.getByRole('button', { name: 'Add an interface' }).click();
  await expect(page.getByRole('grid', { name: 'Interfaces' }).getByRole('row')).toHaveCount(3);

  await page.getByRole('tab', { name: 'Snapshots' }).click();
  for (const name of ['first one', 'second one']) {
    await page.getByRole('button', { name: 'Take a snapshot', exact: true }).click();
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByRole('button', { name: 'Take a snapshot' }).click();
    await expect(page.getByRole('button', { name: `Actions on ${name}` })).toBeVisible();
  }
  await page.getByRole('button', { name: 'Actions on first one' }).click();
  await page.getByRole('menuitem', { name: 'Go back to this' }).click();
  await dialog.getByRole('checkbox').uncheck();
  await dialog.getByRole('button', { name: 'Go back to this' }).click();
  await expect(page.getByText('Go back to this: first one is done')).toBeVisible();
  // The present is beside the second one now, below the first.
  await expect(page.getByRole('listitem').filter({ hasText: 'second one' }).last().getByText('Now')).toBeHidden();
  await expect(page.getByRole('main').getByText('Now', { exact: true })).toBeVisible();
  await shot('vm-snapshots');
  await page.getByRole('button', { name: 'Actions on second one' }).click();
  await page.getByRole('menuitem', { name: 'Delete the snapshot' }).click();
  await dialog.getByRole('button', { name: 'Delete the snapshot' }).click();
  await expect(page.getByRole('main').getByText('second one')).toBeHidden();

  // What was done to its devices and snapshots is told with what was done to it, and by whom.
  await page.getByRole('tab', { name: 'Activity' }).click();
  const activity = page.getByRole('grid', { name: 'Activity' });
  for (const what of ['Detach disk', 'Delete snapshot', 'Insert a CD']) await expect(activity.getByRole('row', { name: new RegExp(`${what}.*admin`) })).toBeVisible();
  await shot('vm-activity-devices');

  await page.getByRole('tab', { name: 'Settings' }).click();
  const pencil = page.getByRole('button', { name: 'Edit: Description' });
  await pencil.click();
  const description = page.getByRole('textbox', { name: 'Description' });
  await expect(description).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(description).toBeHidden();
  await expect(pencil).toBeFocused();
  await pencil.click();
  await description.fill('told in place');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Description is saved')).toBeVisible();
  await expect(page.getByText('told in place')).toBeVisible();
  await page.getByLabel('Delete', { exact: true }).click();
  await expect(page.getByLabel('Delete', { exact: true })).toBeChecked();
  await shot('vm-settings');
  // What no host has is warned of, and may be so all the same.
  const [off] = await server.ask<{ id: string }[]>('GET', '/vms?fields=id&filter=power_state:Halted&limit=1');
  await page.goto(`/vms/${off?.id}/settings`);
  await page.getByRole('button', { name: 'Edit: CPUs', exact: true }).click();
  const cpus = page.getByRole('spinbutton', { name: 'CPUs' });
  const warning = page.getByText(/More than any host of the pool has: \d+ at most/);
  await expect(warning).toBeHidden();
  await cpus.fill('400');
  await expect(warning).toBeVisible();
  await expect(page.getByRole('button', { name: 'Save' })).toBeEnabled();
  await shot('vm-settings-warning');
});

test('storage that does not suit a VM is offered last, and says why', async ({ page, server, enter, shot }) => {
  await enter();
  const [vm] = await server.ask<{ id: string; $container: string }[]>('GET', '/vms?fields=id,$container&filter=power_state:Running&limit=1');
  const hosts = await server.ask<{ id: string; name_label: string }[]>('GET', '/hosts?fields=id,name_label');
  const nameOf = (isHere: boolean) => hosts.find(({ id }) => (id === vm?.$container) === isHere)?.name_label ?? '';
  const [here, elsewhere] = [nameOf(true), nameOf(false)];
  const dialog = page.getByRole('dialog');
  await page.goto(`/vms/${vm?.id}/disks`);
  await page.getByRole('button', { name: 'Add a disk' }).click();
  const storage = dialog.getByLabel('Storage');
  const out = storage.getByRole('option', { name: new RegExp(`^Local storage on ${elsewhere} .*: not reached from ${here}$`) });
  await expect(out).toHaveCount(1);
  await expect(storage.getByRole('option').last()).toHaveText(await out.innerText());
  await storage.selectOption({ label: await out.innerText() });
  await expect(dialog.getByText(`The VM runs on ${here}, which does not reach this storage.`)).toBeVisible();
  await shot('ask-disk-unreached');
  await dialog.getByLabel('Size (GiB)').fill('60000');
  const small = storage.getByRole('option', { name: new RegExp(`^Local storage on ${here} .*: too small$`) });
  await storage.selectOption({ label: await small.innerText() });
  await expect(dialog.getByText(/Only .* are free there\./)).toBeVisible();

  await page.goto('/create-vm');
  await page.getByText('CD image').click();
  await page.getByRole('button', { name: 'Add a disk' }).click();
  const pick = async (index: number, host: string) => {
    const box = page.getByLabel(`Storage ${index}`);
    await box.selectOption({ label: await box.getByRole('option', { name: new RegExp(`^Local storage on ${host}`) }).innerText() });
  };
  await pick(1, here);
  await expect(page.getByLabel('Storage 2').getByRole('option', { name: `not reached from ${here}` })).toHaveCount(1);
  await pick(2, elsewhere);
  await expect(page.getByText('No host reaches all of its disks', { exact: false })).toBeVisible();
  await shot('create-vm-unreached');
});
