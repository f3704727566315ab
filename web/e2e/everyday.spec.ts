// What somebody does every day who runs this: looks at how things stand, at tasks, at the own account and at those of others.
import { createHmac } from 'node:crypto';

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

  // A task that cannot succeed is a problem too, with its cause; one that does not fit the state is none.
  const [up] = await server.ask<Named[]>('GET', '/vms?fields=id,name_label&filter=power_state:Running&sort=name_label&limit=1');
  await server.ask('POST', `/vms/${up?.id}/actions/start`, {});
  await expect(page.getByRole('region', { name: 'Last changes' }).getByRole('link', { name: up?.name_label ?? '' })).toBeVisible();
  await expect(page.getByText('Failed: Start VM', { exact: false })).toBeHidden();
  const [vm] = await server.ask<Named[]>('GET', '/vms?fields=id,name_label&filter=power_state:Halted&sort=name_label&limit=1');
  await server.ask('POST', `/vms/${vm?.id}/actions/start`, { hostId: host?.id });
  await expect(page.getByText('Failed: Start VM', { exact: false })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Last changes' }).getByRole('link', { name: vm?.name_label ?? '' })).toBeVisible();
  await shot('overview');
  // The list behind it counts the same.
  await expect(page.getByText('1 task failed since yesterday')).toBeVisible();
  await page.getByRole('link', { name: 'All failed tasks' }).click();
  await expect(page.getByText('1 task', { exact: true })).toBeVisible();
  await expect(page.getByRole('grid', { name: 'History' }).getByRole('row', { name: new RegExp(`${vm?.name_label}.*admin.*Failed`) })).toBeVisible();
  await shot('tasks-trouble');
  await page.getByRole('button', { name: 'Failed' }).click();
  await expect(page.getByText('2 tasks', { exact: true })).toBeVisible();
  await page.goto('/overview');
  await server.ask('POST', `/hosts/${host?.id}/actions/enable?sync=true`, {});
  await expect(disabled).toBeHidden();

  await page.evaluate(() => localStorage.setItem('xo.theme', 'dark'));
  await page.reload();
  await expect(page.getByText('Failed: Start VM', { exact: false })).toBeVisible();
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

test('a token is made on the account page, and its secret shown once', async ({ page, server, enter, shot }) => {
  await enter();
  await page.getByRole('button', { name: 'Menu of admin' }).click();
  await page.getByRole('menuitem', { name: 'Account' }).click();
  await page.getByRole('button', { name: 'Make a token' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Description').fill('for a script');
  await dialog.getByRole('button', { name: 'Make a token' }).click();
  const secret = await page.getByRole('textbox', { name: 'Secret of the token' }).inputValue();
  await expect(page.getByRole('grid', { name: 'Tokens' }).getByRole('row', { name: /for a script/ })).toBeVisible();
  const answer = await fetch(`${server.url}/rest/v0/users/me`, { headers: { cookie: `token=${secret}` } });
  expect(answer.status).toBe(200);
  await expectAccessible(page);
  await shot('account');
  await page.reload();
  await expect(page.getByRole('row', { name: /for a script/ })).toBeVisible();
  await expect(page.getByText('it is not shown again', { exact: false })).toBeHidden();
  await page.getByLabel('Theme').selectOption('dark');
  await expect(page.locator('html')).toHaveClass(/pf-v6-theme-dark/);

  // It is revoked, and the one of this browser is not: that is what signing out is for.
  await expect(page.getByText('This browser')).toHaveCount(1);
  await page.getByRole('row', { name: /for a script/ }).getByRole('button', { name: 'Revoke' }).click();
  await shot('account-revoke');
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  // As long as the dialog is there, nothing behind it is in sight for roles.
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.getByRole('row', { name: /for a script/ })).toBeHidden();
  const refused = await fetch(`${server.url}/rest/v0/users/me`, { headers: { cookie: `token=${secret}` } });
  expect(refused.status).toBe(401);
});

test('somebody who is no administrator changes their own password', async ({ page, server, shot }) => {
  await server.ask('POST', '/users', { name: 'walter', password: 'first password' });
  const signIn = async (password: string) => {
    await page.getByLabel('User name').fill('walter');
    await page.getByRole('textbox', { name: 'Password' }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Account' })).toBeVisible();
  };
  await page.goto('/account');
  await signIn('first password');
  await page.getByRole('button', { name: 'Change the password' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Current password').fill('a guess');
  await dialog.getByLabel('New password').fill('second password');
  await dialog.getByRole('button', { name: 'Change the password' }).click();
  await expect(dialog.getByText('This is not your current password')).toBeVisible();
  await expectAccessible(page);
  await shot('account-password');
  await dialog.getByLabel('Current password').fill('first password');
  // Who guessed wrong waits a moment, here as at sign-in.
  await expect(async () => {
    await dialog.getByRole('button', { name: 'Change the password' }).click();
    await expect(dialog).toBeHidden({ timeout: 1000 });
  }).toPass();
  await expect(page.getByText('The password of walter is changed')).toBeVisible();
  await page.getByRole('button', { name: 'Menu of walter' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await signIn('second password');
});

test('a user is made, signs in with a second factor, and is told how long to wait after too many failures', async ({ page, server, enter, shot }) => {
  test.setTimeout(60_000);
  await enter();
  await page.getByRole('navigation').getByRole('link', { name: 'Users' }).click();
  await page.getByRole('button', { name: 'Add a user' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('User name').fill('second');
  await dialog.getByLabel('Password').fill('a long password');
  await dialog.getByRole('button', { name: 'Add a user' }).click();
  const row = page.getByRole('row', { name: /^second/ });
  await row.getByRole('combobox').selectOption('admin');
  await expect(page.getByText('second is changed')).toBeVisible();
  await row.getByRole('combobox').selectOption('none');
  await row.getByRole('button', { name: 'Set the password' }).click();
  await dialog.getByLabel('Password').fill('another password');
  await dialog.getByRole('button', { name: 'Set the password' }).click();
  await expect(page.getByText('The password of second is changed')).toBeVisible();
  await expectAccessible(page);
  await shot('users');

  const [user] = await server.ask<{ id: string; permission: string }[]>('GET', '/users?fields=id,permission&filter=name:second');
  expect(user?.permission).toBe('none');
  await server.ask('PATCH', `/users/${user?.id}`, { preferences: { otp: SECRET } });
  const signIn = async (password: string) => {
    await page.getByLabel('User name').fill('second');
    await page.getByRole('textbox', { name: 'Password' }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  await page.goto('/overview');
  await page.getByRole('button', { name: 'Menu of admin' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await signIn('another password');
  await expect(page.getByLabel('One-time password')).toBeFocused();
  await shot('sign-in-otp');
  await page.getByLabel('One-time password').fill('12');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('Wrong one-time password')).toBeVisible();
  // After a wrong code the server makes everybody wait for a moment.
  await expect(async () => {
    await page.getByLabel('One-time password').fill(codeNow());
    await page.getByRole('button', { name: 'Sign in' }).click({ timeout: 3000 });
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible({ timeout: 3000 });
  }).toPass();
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Users' })).toBeHidden();

  await page.getByRole('button', { name: 'Menu of second' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  // All at once, so that they are all counted: each doubles the wait.
  const wrong = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username: 'second', password: 'guessed' }) };
  await Promise.all(Array.from({ length: 8 }, () => fetch(`${server.url}/rest/v0/session`, wrong)));
  await signIn('another password');
  await expect(page.getByText('Not so fast')).toBeVisible();
  await expect(page.getByText(/You can try again in \d+ second/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeDisabled();
  await shot('sign-in-throttled');

  await server.ask('DELETE', `/users/${user?.id}`);
});

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

/** What a device with the secret shows now (RFC 6238). */
function codeNow(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...SECRET].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', key).update(counter).digest();
  const at = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
