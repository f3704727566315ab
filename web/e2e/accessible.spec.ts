// That every screen can be used by everybody: nothing serious by axe, light and dark, wide and 360 px narrow.
import type { Page } from '@playwright/test';

import { expectAccessible } from './axe.ts';
import { expect, test } from './fixture.ts';
import type { Server } from './server.ts';

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 360, height: 740 };

type Screen = readonly [name: string, path: string];
type Shot = (name: string) => Promise<void>;

async function holds(page: Page, shot: Shot, screens: readonly Screen[]) {
  for (const [name, path] of screens) {
    await page.setViewportSize(WIDE);
    // As a link does it: a load anew for every screen would take longer than all that is looked at.
    await page.evaluate((to) => history.pushState(null, '', to), path);
    await expect(page).toHaveURL((url) => url.pathname === path);
    await isSettled(page);
    await holdsHere(page, shot, name);
  }
}

async function isSettled(page: Page) {
  await expect(page.getByRole('heading').first()).toBeVisible();
  await expect(page.getByRole('progressbar', { name: 'Loading' })).toHaveCount(0);
}

/** What is open now: wide and light, then narrow and dark. */
async function holdsHere(page: Page, shot: Shot, name: string) {
  await test.step(name, async () => {
    await wears(page, 'light');
    await expectAccessible(page);
    await wears(page, 'dark');
    await shot(`dark-${name}`);
    await page.setViewportSize(NARROW);
    await isSettled(page);
    // Nothing is wider than the screen but what scrolls by itself.
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(NARROW.width);
    await expectAccessible(page);
    await shot(`narrow-${name}`);
  });
}

/** As the user's choice does it, without a reload; until the colours are there, which fade from one to the other. */
async function wears(page: Page, theme: 'light' | 'dark') {
  await page.evaluate(async (is) => {
    document.documentElement.classList.toggle('pf-v6-theme-dark', is);
    const fading = document.getAnimations().filter((one) => one instanceof CSSTransition);
    // One that is replaced meanwhile is as good as over.
    await Promise.allSettled(fading.map((one) => one.finished));
  }, theme === 'dark');
}

async function firstOf(server: Server, path: string): Promise<string> {
  return (await server.ask<{ id: string }[]>('GET', path))[0]?.id ?? '';
}

test('lists and settings are accessible, wide and narrow, light and dark', async ({ page, enter, shot }) => {
  test.setTimeout(600_000);
  await page.goto('/');
  await expect(page.getByRole('textbox', { name: 'Setup code' })).toBeVisible();
  await holdsHere(page, shot, 'setup');
  await page.setViewportSize(WIDE);
  await enter();
  const lists = ['vms', 'hosts', 'pools', 'srs', 'networks', 'vdis', 'vm-templates', 'vm-snapshots'].map((path): Screen => [path, `/${path}`]);
  const others = ['overview', 'create-vm', 'tasks', 'users', 'account', 'servers', 'nothing-here'].map((path): Screen => [path, `/${path}`]);
  await holds(page, shot, [...lists, ...others]);
});

test('what lies over a screen is accessible, wide and narrow', async ({ page, enter, shot }) => {
  await enter();
  await page.goto('/vms');
  await expect(page.getByText('20 VMs')).toBeVisible();
  for (const size of [WIDE, NARROW]) {
    await page.setViewportSize(size);
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('textbox').fill('app');
    await expect(page.getByRole('menuitem', { name: 'app-01' })).toBeVisible();
    await holdsOver(page, shot, 'palette');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Menu of admin' }).click();
    await expect(page.getByRole('menuitem', { name: 'Sign out' })).toBeVisible();
    await holdsOver(page, shot, 'user-menu');
    await page.keyboard.press('Escape');
  }
  await page.setViewportSize(NARROW);
  await page.getByRole('button', { name: 'Navigation' }).click();
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Hosts' })).toBeVisible();
  await expectAccessible(page);
  await shot('narrow-navigation');
  await page.getByRole('navigation').getByRole('link', { name: 'Hosts' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Hosts' })).toBeVisible();
  // The navigation makes way for what was chosen in it.
  await expect(page.getByRole('navigation')).toBeHidden();
});

/** What covers the heading of its screen, in the size that the page has. */
async function holdsOver(page: Page, shot: Shot, name: string) {
  const size = page.viewportSize() ?? WIDE;
  await wears(page, size.width === NARROW.width ? 'dark' : 'light');
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(size.width);
  await expectAccessible(page);
  await shot(`${size.width === NARROW.width ? 'narrow' : 'wide'}-${name}`);
}

test('the pages of objects are accessible, wide and narrow, light and dark', async ({ page, server, enter, shot }) => {
  test.setTimeout(600_000);
  await enter();
  const vm = await firstOf(server, '/vms?fields=id&filter=power_state:Running&sort=name_label&limit=1');
  const host = await firstOf(server, '/hosts?fields=id&limit=1');
  const pool = await firstOf(server, '/pools?fields=id&limit=1');
  const sr = await firstOf(server, '/srs?fields=id&filter=SR_type:nfs&limit=1');
  const network = await firstOf(server, '/networks?fields=id&limit=1');
  const tabs = (name: string, id: string, parts: readonly string[]) =>
    ['', ...parts].map((part): Screen => [part ? `${name}-${part}` : name, `/${name}s/${id}${part && `/${part}`}`]);
  await holds(page, shot, [
    ...tabs('vm', vm, ['console', 'stats', 'disks', 'network', 'snapshots', 'settings', 'activity']),
    ...tabs('host', host, ['vms', 'stats', 'storage', 'network']),
    ...tabs('pool', pool, ['hosts', 'networks']),
    ...tabs('sr', sr, ['disks', 'hosts', 'stats']),
    ...tabs('network', network, ['hosts', 'vms']),
    ['console-window', `/console/vms/${vm}`],
  ]);
});
