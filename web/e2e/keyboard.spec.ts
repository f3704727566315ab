// Without a mouse: what is done every day is reached by keys alone, and where the keys are can be seen.
import type { Locator, Page } from '@playwright/test';

import { expect, test } from './fixture.ts';
import { ADMIN } from './server.ts';

const FAR = 80;

/** Presses Tab until it is there; everything on the way shows that it has the focus. */
async function tabTo(page: Page, target: Locator, key = 'Tab') {
  await stopsTo(page, target, key);
}

/** The same, and tells how many times it was pressed. */
async function stopsTo(page: Page, target: Locator, key = 'Tab'): Promise<number> {
  await expect(target).toBeVisible();
  for (let i = 0; i < FAR; i++) {
    if (await target.evaluate((element) => element === document.activeElement)) return i;
    await page.keyboard.press(key);
    expect(await page.evaluate(unseenFocus)).toBe('');
  }
  await expect(target).toBeFocused();
  return FAR;
}

/** The element that has the focus without showing it. */
function unseenFocus(): string {
  const element = document.activeElement;
  if (!element || element === document.body) return '';
  const isSeen = [null, '::before', '::after'].some((part) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element, part);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) > 0;
  });
  const { width, height } = element.getBoundingClientRect();
  return isSeen && width > 0 && height > 0 ? '' : element.outerHTML.slice(0, 200);
}

test('somebody signs in, filters, opens and starts a VM, uses the palette and signs out by keys alone', async ({ page, server, shot }) => {
  test.setTimeout(120_000);
  await server.ask('GET', '/users/me');
  const press = (key: string) => page.keyboard.press(key);
  await page.goto('/');
  await expect(page.getByLabel('User name')).toBeFocused();
  await page.keyboard.type(ADMIN.username);
  await press('Tab');
  await page.keyboard.type(ADMIN.password);
  await press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();

  // The first stop leads past the navigation.
  await press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await shot('keys-skip');
  await tabTo(page, page.getByRole('navigation').getByRole('link', { name: 'VMs', exact: true }));
  await shot('keys-navigation');
  await press('Enter');
  await expect(page.getByText('20 VMs')).toBeVisible();

  // In the list: / to filter, j and k to a row, Enter opens it.
  await press('/');
  const box = page.getByRole('textbox', { name: 'Filter' });
  await expect(box).toBeFocused();
  await page.keyboard.type('power_state:Halted');
  await expect(page).toHaveURL(/filter=power_state%3AHalted/);
  const rows = page.getByRole('grid', { name: 'VMs' }).getByRole('row');
  await expect(rows.nth(1)).toContainText('Halted');
  await press('Escape');
  await press('Tab');
  await press('j');
  await press('j');
  await press('k');
  const name = await rows.nth(1).getByRole('link').first().innerText();
  await expect(rows.nth(1)).toHaveClass(/xo-here/);
  await shot('keys-list');
  // From the box into the rows: past the buttons beside it, and the head, which is one stop with arrows of its own.
  await press('/');
  const first = rows.nth(1);
  expect(await stopsTo(page, first)).toBeLessThanOrEqual(6);
  await press('ArrowDown');
  await expect(rows.nth(2)).toBeFocused();
  await press('x');
  await expect(rows.nth(2).getByRole('checkbox')).toBeChecked();
  await press('x');
  await press('ArrowUp');
  await expect(first).toBeFocused();
  await press('Tab');
  await expect(first.getByRole('checkbox')).toBeFocused();
  await press('Shift+Tab');
  await press('Shift+Tab');
  await expect(page.getByRole('checkbox', { name: 'Choose all' })).toBeFocused();
  await press('ArrowRight');
  await expect(page.getByRole('columnheader', { name: 'Name' }).getByRole('button')).toBeFocused();
  // What has the focus itself takes Enter for itself.
  await tabTo(page, page.getByRole('button', { name: 'Columns' }));
  await press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Address' })).toBeVisible();
  await press('Escape');
  await expect(page.getByRole('button', { name: 'Columns' })).toBeFocused();
  await tabTo(page, page.getByRole('checkbox', { name: 'Choose all' }));
  await press('Enter');
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();

  // On its page: a dialog from the menu, away again, and the focus is where it was.
  const menu = page.getByRole('button', { name: `Actions on ${name}` });
  await tabTo(page, menu);
  await press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Start', exact: true })).toBeFocused();
  for (let i = 0; i < FAR && !(await page.getByRole('menuitem', { name: 'Take a snapshot' }).evaluate((item) => item === document.activeElement)); i++) await press('ArrowDown');
  await press('Enter');
  const dialog = page.getByRole('dialog');
  await tabTo(page, dialog.getByLabel('Name'));
  await shot('keys-dialog');
  await press('Escape');
  await expect(dialog).toBeHidden();
  await expect(menu).toBeFocused();
  await tabTo(page, page.getByRole('button', { name: 'Start', exact: true }), 'Shift+Tab');
  await press('Enter');
  await expect(page.getByText(`Start: ${name} is done`)).toBeVisible();
  // The button is gone with the state; the focus is beside where it was.
  await expect(menu).toBeFocused();
  await tabTo(page, page.getByRole('button', { name: 'Shut down' }), 'Shift+Tab');
  await press('Enter');
  await expect(dialog).toBeVisible();
  await press('Escape');
  await expect(page.getByRole('button', { name: 'Shut down' })).toBeFocused();
  await tabTo(page, page.getByRole('tab', { name: 'Disks' }));
  await press('Enter');
  await expect(page).toHaveURL(/\/disks$/);
  await expect(page.getByRole('tab', { name: 'Disks' })).toBeFocused();

  // The palette, from anywhere: closed without a choice, it gives the focus back.
  await press('Control+k');
  await expect(dialog.getByRole('textbox')).toBeFocused();
  await press('Escape');
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('tab', { name: 'Disks' })).toBeFocused();
  await press('Control+k');
  await page.keyboard.type('Host');
  await press('ArrowDown');
  await expect(dialog.getByRole('menuitem', { name: 'Hosts' })).toBeFocused();
  await shot('keys-palette');
  await press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Hosts' })).toBeVisible();

  const user = page.getByRole('button', { name: 'Menu of admin' });
  await tabTo(page, user);
  await press('Enter');
  await expect(page.getByRole('menuitem').first()).toBeFocused();
  await press('ArrowUp');
  await expect(page.getByRole('menuitem', { name: 'Sign out' })).toBeFocused();
  await shot('keys-user-menu');
  await press('Enter');
  await expect(page.getByLabel('User name')).toBeFocused();
});
