import { join } from 'node:path';

import type { Page } from '@playwright/test';

/** What whoever booted the appliance tells of it. */
export function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: this test needs an appliance, see playwright.config.ts beside it`);
  return value;
}

/** Takes `target/screenshots/in-qemu-<name>.png`. */
export async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(import.meta.dirname, `../../target/screenshots/in-qemu-${name}.png`) });
}
