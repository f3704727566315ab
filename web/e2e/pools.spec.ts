// Connections to pools: they change while somebody looks.
import { expect, test } from './fixture.ts';

test('a connection is refused twice, disabled, enabled and removed', async ({ page, server, enter, shot }) => {
  await enter();
  await page.getByRole('link', { name: 'Pools and connections' }).click();
  const row = page.getByRole('grid', { name: 'Pools and connections' }).getByRole('row').nth(1);
  await expect(row).toContainText('Connected');
  await expect(row.getByRole('button', { name: 'Actions on' })).toBeInViewport();
  await shot('servers');

  await page.getByRole('button', { name: 'Add a pool' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Address of the master').fill(server.lab);
  await dialog.getByLabel('Password').fill('lab');
  await dialog.getByRole('button', { name: 'More' }).click();
  const proxy = dialog.getByLabel('HTTP proxy');
  await proxy.fill('socks5://127.0.0.1:1');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await expect(dialog.getByText('no other kind of proxy is known', { exact: false })).toBeVisible();
  await shot('server-proxy-refused');
  await proxy.fill('');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByRole('button', { name: 'Accept the certificate and connect' }).click();
  await expect(dialog.getByRole('heading', { name: 'This pool is connected already' })).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  const act = async (name: string) => {
    await row.getByRole('button', { name: 'Actions on' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  await act('Disable');
  await expect(dialog).toContainText('is seen here no more');
  await dialog.getByRole('button', { name: 'Disable' }).click();
  await expect(row).toContainText('Disabled');
  await act('Enable');
  await expect(row).toContainText('Connected');
  // What others do is seen as it happens.
  const [known] = await server.ask<{ id: string }[]>('GET', '/servers?fields=id');
  const path = `/servers/${known?.id}`;
  await server.ask('POST', `${path}/actions/disconnect?sync=true`, {});
  await expect(row).toContainText('Disabled');
  await server.ask('POST', `${path}/actions/connect?sync=true`, {});
  await expect(row).toContainText('Connected');
  const [pool] = await server.ask<{ id: string }[]>('GET', '/pools?fields=id');
  await server.ask('PATCH', `/pools/${pool?.id}`, { nameLabel: 'Renamed' });
  await expect(row).toContainText('Renamed');
  await act('Remove');
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText('No pool is connected')).toBeVisible();
});
