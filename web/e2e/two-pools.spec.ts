// Two pools that hold objects of the same names: wherever one is named, its pool is too.
import { expectAccessible } from './axe.ts';
import { expect, signIn, test } from './fixture.ts';
import { connectPool, startLab, startServer } from './server.ts';

test('what has the same name in two pools is told apart', async ({ page, shot }) => {
  test.setTimeout(150_000);
  const [both, other] = [await startServer(['--lab']), await startLab(['--name', 'Other', '--seed', '2'])];
  try {
    await connectPool(both, other.url);
    await signIn(page, `${both.url}/vms?filter=name_label:app-01`);
    await expect(page.getByText('2 VMs')).toBeVisible();
    const grid = page.getByRole('grid', { name: 'VMs' });
    await expect(grid.getByRole('columnheader', { name: 'Pool' })).toBeVisible();
    for (const pool of ['Lab 1', 'Other']) await expect(grid.getByRole('link', { name: pool, exact: true })).toBeVisible();
    await shot('two-pools');

    const menu = grid.getByRole('button', { name: 'Actions on app-01' }).first();
    await expect(menu).toBeInViewport({ ratio: 1 });
    await page.setViewportSize({ width: 900, height: 800 });
    await expect(menu).toBeInViewport({ ratio: 1 });
    // On a telephone there is no room for the column: the pool stands below the name.
    await page.setViewportSize({ width: 360, height: 740 });
    for (const pool of ['Lab 1', 'Other']) await expect(grid.getByRole('row', { name: new RegExp(`app-01.*${pool}`) })).toBeVisible();
    await expect(grid.getByRole('columnheader', { name: 'Pool' })).toHaveCount(0);
    // The list counts on the height of its rows.
    expect(await grid.locator('[aria-rowindex="2"]').evaluate((row) => row.getBoundingClientRect().height)).toBeLessThanOrEqual(46);
    await expectAccessible(page);
    await shot('narrow-two-pools');
    await page.setViewportSize({ width: 1280, height: 800 });

    await page.getByRole('checkbox', { name: 'Choose all' }).click();
    await page.getByRole('button', { name: 'Actions on 2' }).click();
    await page.getByRole('menuitem', { name: 'Take a snapshot' }).click();
    const dialog = page.getByRole('dialog');
    for (const name of ['app-01 (Lab 1)', 'app-01 (Other)']) await expect(dialog.getByText(name)).toBeVisible();
    await expectAccessible(page);
    await shot('two-pools-confirm');
    await page.keyboard.press('Escape');

    await page.keyboard.press('Control+k');
    await dialog.getByRole('textbox').fill('app-01');
    for (const place of ['VM · Lab 1', 'VM · Other']) await expect(dialog.getByText(place)).toBeVisible();
    await shot('two-pools-palette');
    await page.keyboard.press('Escape');

    // The templates of a pool are those of no other, not even for a moment.
    await page.goto(`${both.url}/create-vm`);
    const pools = page.locator('#create-pool option');
    await expect(pools).toHaveCount(2);
    const [first, second] = await pools.allInnerTexts();
    await expect(page.locator('#create-template').locator('option').nth(1)).toBeAttached();
    const templates = () => page.locator('#create-template').locator('option').allInnerTexts();
    const before = await templates();
    await page.locator('#create-pool').selectOption({ label: second ?? '' });
    await expect.poll(async () => (await templates()).length).toBeGreaterThan(1);
    expect(new Set(await templates()).size).toBe((await templates()).length);
    expect([first, second].sort()).toEqual(['Lab 1', 'Other']);
    expect(before.length).toBeGreaterThan(1);
  } finally {
    await page.goto('about:blank');
    await both.stop();
    await other.stop();
  }
});
