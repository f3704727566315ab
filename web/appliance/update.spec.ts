import { expect, test } from '@playwright/test';

import { given, shoot } from './given.ts';

/** A machine in software writes and reads back 100 MiB, or restarts. */
const SLOWLY = { timeout: 900_000 };

test('an appliance is updated in its page, from a file', async ({ page }) => {
  test.setTimeout(3 * SLOWLY.timeout);
  const version = given('XOA_VERSION');
  await page.goto(new URL('/appliance/updates', given('XOA_URL')).href);
  await page.getByLabel('User name').fill(given('XOA_USER'));
  await page.getByLabel('Password').fill(given('XOA_PASSWORD'));
  await page.getByRole('button', { name: 'Sign in' }).click();

  await page.getByLabel('Take an update from a file').last().setInputFiles(given('XOA_FILE'));
  await expect(page.getByText(`Version ${version} can be installed`)).toBeVisible(SLOWLY);
  await shoot(page, 'update-found');
  await page.getByRole('button', { name: 'Take it from the file and prepare' }).click();
  await page.getByRole('button', { name: `Restart into ${version}` }).click(SLOWLY);
  await page.getByRole('dialog').getByRole('button', { name: 'Restart now' }).click();
  await expect(page.getByText(`Restarting into version ${version}`)).toBeVisible();
  // The page comes back with the new system, which must prove itself.
  await expect(page.getByText(`Version ${version} runs, and must prove itself`)).toBeVisible(SLOWLY);
  await shoot(page, 'update-trial');
  await expect(page.getByRole('gridcell', { name: 'Installed', exact: true })).toBeVisible(SLOWLY);
  await shoot(page, 'update-installed');
});
