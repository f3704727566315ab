import { once } from 'node:events';
import { connect } from 'node:tls';

import { expect, test } from '@playwright/test';

import { changeName, changeZone } from '../e2e/applianceSteps.ts';
import { given, shoot } from './given.ts';

/** SHA-256 of the certificate that is shown there. */
async function fingerprintOf(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port || 443), rejectUnauthorized: false });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().fingerprint256;
  } finally {
    socket.destroy();
  }
}

test('an appliance is set up in its wizard', async ({ page }) => {
  const [url, code] = [given('XOA_URL'), given('XOA_CODE')];
  const heading = (name: string) => expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  const goOn = () => page.getByRole('button', { name: 'Go on' }).click();
  await page.goto(url);
  await page.getByRole('textbox', { name: 'Setup code' }).fill(code);
  await shoot(page, 'code');
  await goOn();
  await page.getByLabel('User name').fill(given('XOA_USER'));
  await page.getByLabel('Password').fill(given('XOA_PASSWORD'));
  await page.getByRole('button', { name: 'Make the administrator' }).click();

  await heading('Network');
  await expect(page.getByText(/https:\/\/10\.0\.2\.\d+\//)).toBeVisible();
  await shoot(page, 'network');
  await goOn();
  await heading('Name');
  await changeName(page, 'xoa-paris');
  await goOn();
  await heading('Time');
  await changeZone(page, 'Europe/Paris');
  await shoot(page, 'time');
  await goOn();
  await heading('Certificate');
  await expect(page.getByText(await fingerprintOf(url))).toBeVisible();
  await shoot(page, 'certificate');
  await page.getByRole('button', { name: 'It is the same: go on' }).click();
  await heading('The first pool');
  await page.getByRole('button', { name: 'Try it with the built-in lab' }).click();
  await heading('Overview');
  await expect(page.getByRole('main').getByRole('link', { name: 'Lab 1' })).toBeVisible();
  await shoot(page, 'overview');
});
