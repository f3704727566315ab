// The pages of hosts, pools, storage and networks.
import { expectAccessible } from './axe.ts';
import { expect, test } from './fixture.ts';

interface Named {
  id: string;
  name_label: string;
}

test('a host, its pool, storage and network have their pages, with lists, charts and a screen', async ({ page, server, enter, shot }) => {
  await enter();
  const [host] = await server.ask<Named[]>('GET', '/hosts?fields=id,name_label&sort=name_label&limit=1');
  await page.goto(`/hosts/${host?.id}`);
  await expect(page.getByRole('heading', { level: 1, name: host?.name_label ?? '' })).toBeVisible();
  await expectAccessible(page);
  // Those of the list beside it: the VM that runs the host itself is nobody's.
  const resident = await server.ask<Named[]>('GET', `/vms?fields=id&filter=${encodeURIComponent(`$container:${host?.id} power_state:Running`)}`);
  await expect(page.getByText('VMs on it').locator('xpath=ancestor::*[dd][1]//dd')).toHaveText(String(resident.length));
  await shot('host-summary');
  await page.getByRole('tab', { name: 'VMs' }).click();
  await expect(page.getByRole('grid', { name: 'VMs' }).getByRole('row').nth(1)).toBeVisible();
  await shot('host-vms');
  await page.getByRole('tab', { name: 'Console' }).click();
  await expect(page.getByText('Connected', { exact: true })).toBeVisible();
  await page.getByRole('tab', { name: 'Statistics' }).click();
  for (const name of ['CPU', 'Memory', 'Network', 'Disks', 'Load']) await expect(page.getByRole('img', { name })).toBeVisible();
  await page.getByRole('img', { name: 'Disks' }).scrollIntoViewIfNeeded();
  await shot('host-stats');
  await page.getByRole('tab', { name: 'Storage' }).click();
  await expect(page.getByRole('grid', { name: 'Storage' }).getByRole('row').nth(1)).toBeVisible();
  await page.getByRole('tab', { name: 'Network', exact: true }).click();
  await expect(page.getByRole('grid', { name: 'Interfaces' }).getByRole('row').nth(1)).toBeVisible();
  await shot('host-network');
  await page.getByRole('button', { name: `Actions on ${host?.name_label}` }).click();
  await page.getByRole('menuitem', { name: 'Disable' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await expect(page.getByRole('button', { name: 'Enable', exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Enable', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Enable', exact: true })).toBeHidden();

  await page.getByRole('main').getByRole('link', { name: 'Lab 1' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Lab 1' })).toBeVisible();
  await shot('pool-summary');
  await page.getByRole('button', { name: 'Add a network' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('a private one');
  await shot('ask-network');
  await page.getByRole('dialog').getByRole('button', { name: 'Add a network' }).click();
  await page.getByRole('tab', { name: 'Networks' }).click();
  await page.getByRole('link', { name: 'a private one' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'a private one' })).toBeVisible();
  await shot('network-summary');
});

test('storage shows its disks and where it is connected', async ({ page, server, enter, shot }) => {
  await enter();
  // What each host has of its own is told apart by the host.
  const hosts = await server.ask<Named[]>('GET', '/hosts?fields=id,name_label');
  await page.goto('/srs?filter=' + encodeURIComponent('name_label:/^Local storage/'));
  for (const { name_label } of hosts) await expect(page.getByRole('row', { name: new RegExp(`Local storage.*${name_label}`) })).toBeVisible();
  await shot('srs-local');
  const [sr] = await server.ask<Named[]>('GET', '/srs?fields=id,name_label&filter=SR_type:nfs&sort=name_label&limit=1');
  await page.goto(`/srs/${sr?.id}`);
  await expect(page.getByRole('heading', { level: 1, name: sr?.name_label ?? '' })).toBeVisible();
  await expect(page.getByRole('main').getByText('Disks of VMs')).toBeVisible();
  await shot('sr-summary');
  await page.getByRole('tab', { name: 'Disks' }).click();
  await expect(page.getByRole('grid', { name: 'Disks' }).getByRole('row').nth(1)).toBeVisible();
  await shot('sr-disks');
  await page.getByRole('tab', { name: 'Hosts' }).click();
  await expect(page.getByRole('grid', { name: 'Hosts' }).getByText('Connected').first()).toBeVisible();
  await page.getByRole('button', { name: 'Scan' }).click();
  await expect(page.getByText(`Scan: ${sr?.name_label} is done`)).toBeVisible();
});
