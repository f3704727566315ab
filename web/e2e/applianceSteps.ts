// What somebody changes of an appliance, in its wizard or on its page.
import { expect, type Page } from '@playwright/test';

async function change(page: Page, what: string, fill: (dialog: ReturnType<Page['getByRole']>) => Promise<unknown>): Promise<void> {
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: what }).click();
  await fill(dialog);
  await dialog.getByRole('button', { name: what }).click();
  // The choices of a dialog that still closes have the texts of what is looked for next.
  await expect(dialog).toBeHidden();
}

/** A fixed address, which is on trial then. */
export async function changeNetwork(page: Page, address: string): Promise<void> {
  await change(page, 'Change the network', async (dialog) => {
    await dialog.getByLabel('Mode').selectOption('static');
    await dialog.getByLabel('Addresses').fill(address);
  });
}

export async function changeName(page: Page, name: string): Promise<void> {
  await change(page, 'Change the name', (dialog) => dialog.getByLabel('Name').fill(name));
  await expect(page.getByText(name)).toBeVisible();
}

export async function changeZone(page: Page, zone: string): Promise<void> {
  await change(page, 'Change the time', (dialog) => dialog.getByLabel('Time zone').selectOption(zone));
  await expect(page.getByText(zone)).toBeVisible();
}
