// The first pool in the wizard, and connections afterwards. The pool is the lab of another server.
import { expect, test } from './fixture.ts';
import { ADMIN, startServer } from './server.ts';

test('the wizard connects the first pool, and says in words what keeps it from that', async ({ page, server, shot }) => {
  const empty = await startServer([]);
  try {
    await page.goto(empty.url);
    await page.getByLabel('Setup code').fill(empty.code);
    await page.getByLabel('Password').fill(ADMIN.password);
    await page.getByRole('button', { name: 'Make the administrator' }).click();
    await expect(page.getByRole('heading', { name: 'The first pool' })).toBeVisible();
    await page.reload();
    await expect(page.getByRole('heading', { name: 'The first pool' })).toBeVisible();

    const address = page.getByLabel('Address of the master');
    const password = page.getByLabel('Password');
    await password.fill('wrong');
    await address.fill('127.0.0.1:1');
    await page.getByRole('button', { name: 'Go on' }).click();
    await expect(page.getByText('Nobody answers at this address')).toBeVisible();

    await address.fill(server.lab);
    await page.getByRole('button', { name: 'Go on' }).click();
    await expect(page.getByText('Is this the certificate of the host?')).toBeVisible();
    await expect(page.getByText(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)).toBeVisible();
    await shot('wizard-certificate');
    await page.getByRole('button', { name: 'Accept the certificate and connect' }).click();
    await expect(page.getByRole('heading', { name: 'Wrong user name or password' })).toBeVisible();

    await password.fill('lab');
    await page.getByRole('button', { name: 'Accept the certificate and connect' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
    await expect(page.getByRole('main').getByRole('link', { name: 'Lab 1' })).toBeVisible();
    await page.goto(`${empty.url}/setup/pool`);
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  } finally {
    // The page goes first: whatever it still loads is not to find its server gone.
    await page.goto('about:blank');
    await empty.stop();
  }
});

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
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByRole('button', { name: 'Accept the certificate and connect' }).click();
  await expect(dialog.getByRole('heading', { name: 'This pool is connected already' })).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  const act = async (name: string) => {
    await row.getByRole('button', { name: 'Actions on' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  await act('Disable');
  await expect(row).toContainText('Disabled');
  await act('Enable');
  await expect(row).toContainText('Connected');
  await act('Remove');
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText('No pool is connected')).toBeVisible();
});
