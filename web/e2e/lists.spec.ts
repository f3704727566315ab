// Lists: completion, views, export, many at once.
import { readFile } from 'node:fs/promises';

import { expectAccessible } from './axe.ts';
import { expect, test } from './fixture.ts';

test('a filter is completed, kept as a view, and exported', async ({ page, enter, shot }) => {
  await enter();
  await page.goto('/vms');
  const box = page.getByRole('textbox', { name: 'Filter' });
  await box.pressSequentially('power');
  await page.getByRole('menuitem', { name: 'power_state' }).click();
  await expect(box).toHaveValue('power_state:');
  await expect(page.getByRole('menuitem', { name: 'Halted' })).toBeVisible();
  await shot('completion');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(box).toHaveValue(/^power_state:\w+ $/);
  await box.fill('power_state:Halted');
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/filter=power_state%3AHalted/);

  await page.getByRole('button', { name: 'Views and export' }).click();
  await page.getByRole('menuitem', { name: 'Keep this view' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('those that are off');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  // It is kept with the account, not in this browser.
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await box.fill('');
  await expect(page.getByText('20 VMs')).toBeVisible();
  await page.getByRole('button', { name: 'Views and export' }).click();
  await page.getByRole('menuitem', { name: 'those that are off' }).first().click();
  await expect(box).toHaveValue('power_state:Halted');

  await page.getByRole('button', { name: 'Views and export' }).click();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'Export as CSV' }).click()]);
  const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
  expect(lines[0]).toBe('Name,State,Address,CPUs,Memory (bytes),Host,Tags,UUID');
  expect(lines.join()).not.toMatch(/[{}]/);
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines.slice(1)) expect(line).toContain('Halted');
});

test('many VMs are stopped at once, and the preview says which', async ({ page, enter, shot }) => {
  await enter();
  // Two that run and one that does not.
  await page.goto('/vms?filter=' + encodeURIComponent('name_label:|(app-01 app-02 db-02)'));
  await expect(page.getByText('3 VMs')).toBeVisible();
  await page.getByRole('checkbox', { name: 'Choose all' }).click();
  await page.getByRole('button', { name: 'Actions on 3' }).click();
  await page.getByRole('menuitem', { name: 'Shut down', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('This touches 2 objects');
  await expect(dialog).toContainText('app-01');
  await expect(dialog).toContainText('1 other is left out');
  await shot('bulk-preview');
  await dialog.getByRole('button', { name: 'Shut down' }).click();
  await expect(page.getByRole('grid', { name: 'VMs' }).getByText('Halted')).toHaveCount(3);
});

test('the menu of a row is in sight as a whole, wherever the row is', async ({ page, enter }) => {
  await enter();
  await page.goto('/vms');
  await expect(page.getByText('20 VMs')).toBeVisible();
  const buttons = page.getByRole('grid', { name: 'VMs' }).getByRole('button', { name: /^Actions on/ });
  for (const row of [0, 4, 7, 11]) {
    await buttons.nth(row).click();
    await expect(page.locator('.pf-v6-c-menu')).toBeInViewport({ ratio: 1 });
    await page.keyboard.press('Escape');
    await expect(page.locator('.pf-v6-c-menu')).toBeHidden();
  }
});

test('there are lists of disks, templates and snapshots', async ({ page, enter, shot }) => {
  await enter();
  for (const [path, name] of [['vdis', 'Disks'], ['vm-templates', 'Templates'], ['vm-snapshots', 'Snapshots']] as const) {
    await page.goto(`/${path}`);
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
    await expect(page.getByRole('grid', { name }).getByRole('row').nth(1)).toBeVisible();
    await shot(path);
  }
});

test('only the rows in sight are drawn, and scrolling draws the others', async ({ page, enter }) => {
  await enter();
  await page.setViewportSize({ width: 1280, height: 480 });
  await page.goto('/vms');
  const grid = page.getByRole('grid', { name: 'VMs' });
  await expect(grid).toHaveAttribute('aria-rowcount', '20');
  await expect(grid.locator('[aria-rowindex="1"]')).toContainText('ad-01');
  await expect(grid.locator('[aria-rowindex="20"]')).toHaveCount(0);
  await grid.hover();
  await page.mouse.wheel(0, 5000);
  await expect(grid.locator('[aria-rowindex="20"]')).toBeInViewport();
  await expect(grid.locator('[aria-rowindex="20"]')).toContainText(/\w+-\d\d/);
});

test('beside its box stands how filters are written', async ({ page, enter, shot }) => {
  await enter();
  await page.getByRole('button', { name: 'How to filter' }).click();
  const help = page.getByRole('dialog', { name: 'How to filter' });
  await expectAccessible(page);
  await shot('filter-help');
  // What it shows is read by the server.
  for (const example of await help.locator('code').allInnerTexts()) {
    await page.goto(`/vms?filter=${encodeURIComponent(example)}`);
    await expect(page.getByText(/^\d+ VMs?$/)).toBeVisible();
  }
});

test('what leaves the list while it is chosen is told', async ({ page, server, enter, shot }) => {
  await enter();
  await page.goto('/vms?filter=power_state:Running');
  const [one, two] = await server.ask<{ id: string; name_label: string }[]>('GET', '/vms?fields=id,name_label&filter=power_state:Running&sort=name_label&limit=2');
  for (const vm of [one, two]) await page.getByRole('checkbox', { name: `Choose ${vm?.name_label}` }).check();
  await expect(page.getByText('not in this list', { exact: false })).toBeHidden();
  await server.ask('POST', `/vms/${one?.id}/actions/hard_shutdown?sync=true`, {});
  await expect(page.getByText('2 chosen, 1 not in this list any more')).toBeVisible();
  await shot('list-gone');
});

test('a list is sorted by the names of what its objects name', async ({ page, enter }) => {
  await enter();
  await page.goto('/vdis');
  const grid = page.getByRole('grid', { name: 'Disks' });
  const head = grid.getByRole('columnheader', { name: 'Storage' });
  const storage = grid.locator('a[href^="/srs/"]').first();
  await head.getByRole('button').click();
  await expect(head).toHaveAttribute('aria-sort', 'ascending');
  const first = await storage.innerText();
  await head.getByRole('button').click();
  await expect(head).toHaveAttribute('aria-sort', 'descending');
  await expect(storage).not.toHaveText(first);
});
