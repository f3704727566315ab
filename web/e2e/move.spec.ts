// What moves while it runs: a VM to another host, a disk to other storage.
import { expect, test } from './fixture.ts';

interface Vm {
  id: string;
  name_label: string;
  $container: string;
}

test('a VM moves to another host, and its disk to other storage', async ({ page, server, enter, shot }) => {
  await enter();
  const [vm] = await server.ask<Vm[]>('GET', '/vms?fields=id,name_label,$container&filter=power_state:Running&sort=name_label&limit=1');
  const hosts = await server.ask<{ id: string; name_label: string }[]>('GET', '/hosts?fields=id,name_label');
  const there = hosts.find(({ id }) => id !== vm?.$container)?.name_label ?? '';
  const dialog = page.getByRole('dialog');
  await page.goto(`/vms/${vm?.id}`);
  await page.getByRole('button', { name: `Actions on ${vm?.name_label}` }).click();
  await page.getByRole('menuitem', { name: 'Move to another host' }).click();
  await dialog.getByLabel('Host').selectOption({ label: there });
  await shot('ask-move');
  await dialog.getByRole('button', { name: 'Move to another host' }).click();
  await expect(page.getByText(`Move to another host: ${vm?.name_label} is done`)).toBeVisible();
  await expect(page.getByRole('main').getByRole('link', { name: there })).toBeVisible();

  await page.getByRole('tab', { name: 'Disks' }).click();
  const row = page.getByRole('row', { name: /^xvda/ });
  const before = await row.getByRole('link').innerText();
  await row.getByRole('button', { name: /Actions/ }).click();
  await page.getByRole('menuitem', { name: 'Move to other storage' }).click();
  const offered = await dialog.getByRole('option').allInnerTexts();
  const other = offered.find((text) => /^NFS/.test(text) && !text.startsWith(before)) ?? '';
  await dialog.getByLabel('Storage').selectOption({ label: other });
  await dialog.getByRole('button', { name: 'Move to other storage' }).click();
  await expect(row.getByRole('link', { name: other.replace(/ \(.*/, '') })).toBeVisible();
  await shot('disk-moved');
});
