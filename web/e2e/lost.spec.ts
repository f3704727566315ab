// What is lost while a page is open, and comes back: the pool behind the server.
import { expectAccessible } from './axe.ts';
import { expect, signIn, test } from './fixture.ts';
import { connectPool, startLab, startServer } from './server.ts';
import { layWire } from './wire.ts';

interface Named {
  id: string;
  name_label: string;
}

test('a lost pool is said with the age of its data, goes on being shown, and is true again by itself', async ({ page, server, shot }) => {
  test.setTimeout(150_000);
  const away = await startServer([]);
  const wire = await layWire(server.lab);
  try {
    await connectPool(away, wire.address);
    const [vm] = await away.ask<Named[]>('GET', '/vms?fields=id,name_label&sort=name_label&limit=1');
    await signIn(page, `${away.url}/vms`);
    await expect(page.getByText('20 VMs')).toBeVisible();
    // A reload would forget it.
    await page.evaluate(() => Object.assign(globalThis, { isStillHere: true }));

    await wire.cut();
    await expect(page.getByText('The pool Lab 1 is not connected', { exact: false })).toBeVisible();
    await expect(page.getByText(/What is shown of it was last true \d+ seconds ago/)).toBeVisible();
    await shot('pool-lost');
    await page.getByRole('link', { name: vm?.name_label ?? '', exact: true }).click();
    await expect(page.getByRole('heading', { level: 1, name: vm?.name_label ?? '' })).toBeVisible();
    await expect(page.getByText('The pool Lab 1 is not connected', { exact: false })).toBeVisible();
    // What is asked of it meanwhile fails, and says why.
    await page.getByRole('button', { name: `Actions on ${vm?.name_label}` }).click();
    await page.getByRole('menuitem', { name: 'Take a snapshot' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take a snapshot' }).click();
    await expect(page.getByText(`Take a snapshot: ${vm?.name_label} failed`)).toBeVisible();
    await shot('pool-lost-vm');
    await page.getByRole('navigation').getByRole('link', { name: 'Overview' }).click();
    await expect(page.getByText('The pool Lab 1 is not connected')).toBeVisible();
    await expect(page.getByText('Nobody answers at this address')).toBeVisible();
    await shot('pool-lost-overview');
    await page.getByRole('navigation').getByRole('link', { name: 'VMs', exact: true }).click();

    // Somebody else goes on working there.
    await server.ask('PATCH', `/vms/${vm?.id}`, { nameLabel: 'named while away' });
    await wire.mend();
    const later = { timeout: 45_000 };
    await expect(page.getByText('The pool Lab 1 is not connected', { exact: false })).toBeHidden(later);
    await expect(page.getByRole('link', { name: 'named while away' })).toBeVisible();
    expect(await page.evaluate(() => 'isStillHere' in globalThis)).toBe(true);
  } finally {
    await page.goto('about:blank');
    await away.stop();
    await wire.cut();
  }
});

test('a host with a new certificate is believed again after one look at both', async ({ page, shot }) => {
  test.setTimeout(150_000);
  const away = await startServer([]);
  // The same pool twice, each time with a certificate of its own.
  const [before, after] = [await startLab([]), await startLab([])];
  const wire = await layWire(before.url);
  const shown = async () => (await away.ask<{ fingerprint: string }>('POST', '/servers/probe', { host: wire.address })).fingerprint;
  try {
    await connectPool(away, wire.address);
    const old = await shown();
    await signIn(page, `${away.url}/servers`);
    const row = page.getByRole('grid', { name: 'Pools and connections' }).getByRole('row').nth(1);
    await expect(row).toContainText('Connected');

    wire.leadTo(after.url);
    await wire.cut();
    await wire.mend();
    await row.getByRole('button', { name: 'Look at the new certificate' }).click({ timeout: 45_000 });
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByText(old)).toBeVisible();
    await expect(dialog.getByText(await shown())).toBeVisible();
    await expectAccessible(page);
    await shot('server-new-certificate');
    await dialog.getByRole('button', { name: 'Accept the certificate and connect' }).click();
    await expect(dialog).toBeHidden();
    await expect(row).toContainText('Connected');
    await expect(row).not.toContainText('another certificate');
  } finally {
    await page.goto('about:blank');
    await away.stop();
    await before.stop();
    await after.stop();
    await wire.cut();
  }
});
