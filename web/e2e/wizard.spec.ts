// The whole first visit, on servers that nobody has set up yet. The pool is the lab of another server.
import type { Page } from '@playwright/test';

import { expectAccessible } from './axe.ts';
import { expect, test } from './fixture.ts';
import { ADMIN, startLab, startServer, type Server } from './server.ts';

const NARROW = { width: 360, height: 640 };

const heading = (page: Page, name: string) => expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
const goOn = (page: Page) => page.getByRole('button', { name: 'Go on' }).click();

/** The page goes before its server: whatever it still loads is not to find nobody. */
async function leave(page: Page, server: Server) {
  await page.goto('about:blank');
  await server.stop();
}

async function makeAdministrator(page: Page, server: Server) {
  await page.goto(server.url);
  await page.getByRole('textbox', { name: 'Setup code' }).fill(server.code);
  await goOn(page);
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByRole('button', { name: 'Make the administrator' }).click();
  await heading(page, 'Certificate');
}

test('the wizard is walked through, and neither a reload nor the way back loses anything', async ({ page, server, shot }) => {
  const empty = await startServer([], '127.0.0.1:0');
  try {
    await page.goto(`${empty.url}/vms`);
    await expect(page).toHaveURL(/\/setup\/code$/);
    await expect(page.getByRole('list', { name: 'Steps of the set-up' }).getByRole('listitem')).toHaveCount(4);
    await page.getByRole('textbox', { name: 'Setup code' }).fill('WRONG-CODE2');
    await goOn(page);
    await expect(page.getByText('This code was not accepted')).toBeVisible();
    await page.getByRole('textbox', { name: 'Setup code' }).fill(empty.code);
    await page.reload();
    await expect(page.getByRole('textbox', { name: 'Setup code' })).toHaveValue(empty.code);
    await expectAccessible(page);
    await shot('wizard-code');
    await goOn(page);

    await heading(page, 'Administrator');
    await page.getByLabel('User name').fill('chief');
    await page.getByLabel('Password').fill('short');
    await expect(page.getByText('Error: At least 8 characters.')).toBeVisible();
    await page.getByLabel('Password').fill(ADMIN.password);
    await page.goBack();
    await expect(page.getByRole('textbox', { name: 'Setup code' })).toHaveValue(empty.code);
    await page.goForward();
    await page.reload();
    await expect(page.getByLabel('User name')).toHaveValue('chief');
    await expect(page.getByLabel('Password')).toHaveValue('');
    expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain(ADMIN.password);
    await page.getByLabel('Password').fill(ADMIN.password);
    await expectAccessible(page);
    await shot('wizard-administrator');
    await page.getByRole('button', { name: 'Make the administrator' }).click();

    await heading(page, 'Certificate');
    await expect(page.getByText(empty.fingerprint)).toBeVisible();
    await page.reload();
    await expect(page.getByText(empty.fingerprint)).toBeVisible();
    await expectAccessible(page);
    await shot('wizard-own-certificate');
    // What is done is done: the way back does not ask for it again.
    await page.goBack();
    await heading(page, 'Certificate');
    await page.getByRole('button', { name: 'It is the same: go on' }).click();

    await heading(page, 'The first pool');
    const address = page.getByLabel('Address of the master');
    const password = page.getByLabel('Password');
    await address.fill('127.0.0.1:1');
    await page.goBack();
    await heading(page, 'Certificate');
    await page.goForward();
    await expect(address).toHaveValue('127.0.0.1:1');
    await page.reload();
    await expect(address).toHaveValue('127.0.0.1:1');
    await expectAccessible(page);
    await shot('wizard-pool');

    await password.fill('wrong');
    await goOn(page);
    await expect(page.getByText('Nobody answers at this address')).toBeVisible();
    await address.fill(server.lab);
    await goOn(page);
    await expect(page.getByText('Is this the certificate of the host?')).toBeVisible();
    await expect(page.getByText(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)).toBeVisible();
    const accept = page.getByRole('button', { name: 'Accept the certificate and connect' });
    await expect(accept).toBeInViewport({ ratio: 1 });
    await shot('wizard-certificate');
    await accept.click();
    await expect(page.getByRole('heading', { name: 'Wrong user name or password' })).toBeVisible();
    await password.fill('lab');
    await accept.click();

    await heading(page, 'Overview');
    await expect(page.getByRole('main').getByRole('link', { name: 'Lab 1' })).toBeVisible();
    expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual([]);
    await page.goto(`${empty.url}/setup/pool`);
    await heading(page, 'Overview');
  } finally {
    await leave(page, empty);
  }
});

test('a host that is not the master says which one is', async ({ page, server, shot }) => {
  const [empty, slave] = [await startServer([]), await startLab(['--slave-of', server.lab])];
  try {
    await makeAdministrator(page, empty);
    await expect(page.getByText('This server speaks no HTTPS')).toBeVisible();
    await shot('wizard-no-https');
    await goOn(page);
    await page.getByLabel('Address of the master').fill(slave.url);
    await page.getByLabel('Password').fill('lab');
    await goOn(page);
    await page.getByRole('button', { name: 'Accept the certificate and connect' }).click();
    await expect(page.getByText(`is a member of a pool whose master is ${server.lab}`, { exact: false })).toBeVisible();
    await shot('wizard-slave');
    await page.getByRole('button', { name: `Take ${server.lab} instead` }).click();
    await page.getByRole('button', { name: 'Accept the certificate and connect' }).click();
    await heading(page, 'Overview');
  } finally {
    await leave(page, empty);
    await slave.stop();
  }
});

test('on a narrow window, with the lab in place of a pool', async ({ page, server, shot }) => {
  const empty = await startServer([], '127.0.0.1:0');
  const fits = async (name: string) => {
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(NARROW.width);
    await expectAccessible(page);
    await shot(name);
  };
  try {
    await page.setViewportSize(NARROW);
    await page.goto(empty.url);
    await heading(page, 'Setup code');
    await fits('narrow-wizard-code');
    await makeAdministrator(page, empty);
    await fits('narrow-wizard-own-certificate');
    await page.getByRole('button', { name: 'It is the same: go on' }).click();
    await heading(page, 'The first pool');
    await fits('narrow-wizard-pool');
    await page.getByLabel('Address of the master').fill(server.lab);
    await page.getByLabel('Password').fill('lab');
    await goOn(page);
    await expect(page.getByRole('button', { name: 'Accept the certificate and connect' })).toBeInViewport({ ratio: 1 });
    await fits('narrow-wizard-certificate');

    await page.getByRole('button', { name: 'Try it with the built-in lab' }).click();
    await heading(page, 'Overview');
    await expect(page.getByRole('main').getByRole('link', { name: 'Lab 1' })).toBeVisible();
    await shot('narrow-wizard-done');
  } finally {
    await leave(page, empty);
  }
});
