// What somebody does every day who runs this: looks at how things stand, at tasks, at the own account and at those of others.
import { expectAccessible } from './axe.ts';
import { expect, test } from './fixture.ts';

interface Named {
  id: string;
  name_label: string;
}

test('the overview says what is wrong first, and says so no more when it is right again', async ({ page, server, enter, shot }) => {
  await enter();
  await page.goto('/overview');
  await expect(page.getByText('Everything is well')).toBeVisible();
  await expect(page.getByRole('progressbar', { name: 'Memory' })).toBeVisible();
  await expect(page.getByRole('progressbar', { name: 'Storage' })).toBeVisible();
  await expectAccessible(page);
  const [host] = await server.ask<Named[]>('GET', '/hosts?fields=id,name_label&sort=name_label&limit=1');
  const disabled = page.getByText(`The host ${host?.name_label} is disabled`, { exact: false });
  await server.ask('POST', `/hosts/${host?.id}/actions/disable?sync=true`, {});
  await expect(disabled).toBeVisible();

  // A task that cannot succeed is a problem too, with its cause.
  const [vm] = await server.ask<Named[]>('GET', '/vms?fields=id,name_label&filter=power_state:Running&sort=name_label&limit=1');
  await server.ask('POST', `/vms/${vm?.id}/actions/start`, {});
  await expect(page.getByText('Failed: start', { exact: false })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Last changes' }).getByRole('link', { name: vm?.name_label ?? '' })).toBeVisible();
  await shot('overview');
  await server.ask('POST', `/hosts/${host?.id}/actions/enable?sync=true`, {});
  await expect(disabled).toBeHidden();

  await page.evaluate(() => localStorage.setItem('xo.theme', 'dark'));
  await page.reload();
  await expect(page.getByText('Failed: start', { exact: false })).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await shot('narrow-overview');
});

test('tasks are seen as they end, and those that failed say why', async ({ page, server, enter, shot }) => {
  await enter();
  await page.getByRole('navigation').getByRole('link', { name: 'Tasks' }).click();
  const history = page.getByRole('grid', { name: 'History' });
  const [vm] = await server.ask<Named[]>('GET', '/vms?fields=id,name_label&filter=power_state:Running&sort=-name_label&limit=1');
  await server.ask('POST', `/vms/${vm?.id}/actions/clean_reboot?sync=true`, {});
  await expect(history.getByRole('row', { name: new RegExp(`${vm?.name_label}.*Done`) })).toBeVisible();
  await server.ask('POST', `/vms/${vm?.id}/actions/start`, {});
  await expect(history.getByRole('row', { name: new RegExp(`${vm?.name_label}.*Failed`) })).toBeVisible();
  await page.getByRole('button', { name: 'Failed' }).click();
  await expect(page).toHaveURL(/state=failure/);
  await expect(history.getByText('Done', { exact: true })).toBeHidden();
  await expectAccessible(page);
  await shot('tasks');
  await history.getByRole('link', { name: vm?.name_label ?? '' }).first().click();
  await expect(page.getByRole('heading', { level: 1, name: vm?.name_label ?? '' })).toBeVisible();
});
