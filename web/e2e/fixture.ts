// What every test has: a server (new for each file), a page whose requests are held against the API's document and whose console must
// stay silent, the way in, and a place for screenshots.
import { expect, test as base, type Page } from '@playwright/test';
import { join } from 'node:path';

import { Contract } from './contract.ts';
import { ADMIN, startServer, type Server } from './server.ts';

const SCREENSHOTS = join(import.meta.dirname, '../../target/screenshots');

interface Fixtures {
  server: Server;
  /** Makes the administrator and signs in, unless that is done; ends on the list of VMs. */
  enter: () => Promise<void>;
  /** Takes `target/screenshots/<name>.png`. */
  shot: (name: string) => Promise<void>;
}

export const test = base.extend<Fixtures, { serverOf: (file: string) => Promise<Server> }>({
  serverOf: [
    async ({}, use) => {
      let last: { file: string; server: Server } | undefined;
      await use(async (file) => {
        if (last?.file !== file) {
          await last?.server.stop();
          last = { file, server: await startServer() };
        }
        return last.server;
      });
      await last?.server.stop();
    },
    { scope: 'worker' },
  ],
  server: async ({ serverOf }, use, info) => use(await serverOf(info.file)),
  baseURL: async ({ server }, use) => use(server.url),
  page: async ({ page, server }, use) => {
    const contract = await Contract.of(server.url);
    const complaints: string[] = [];
    page.on('request', (request) => contract.check(request));
    // What the server refuses is a part of some tests; what the page itself gets wrong never is.
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await use(page);
    expect([...contract.breaches]).toEqual([]);
    expect(complaints).toEqual([]);
  },
  enter: async ({ page, server }, use) => {
    await use(async () => {
      await server.ask('GET', '/users/me');
      await signIn(page, '/');
      await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
      await page.getByRole('navigation').getByRole('link', { name: 'VMs', exact: true }).click();
      await expect(page.getByRole('heading', { level: 1, name: 'VMs' })).toBeVisible();
    });
  },
  shot: async ({ page }, use) => {
    await use((name) => shoot(page, name));
  },
});

/** As the administrator, at an address where somebody must sign in; stays there. */
export async function signIn(page: Page, url: string) {
  await page.goto(url);
  await page.getByLabel('User name').fill(ADMIN.username);
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function shoot(page: Page, name: string) {
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

export { expect };
