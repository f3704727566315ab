// The client of an appliance that runs elsewhere: `XOA_URL` is where, other `XOA_…` are what a test needs. `make test-appliance` boots one
// in QEMU and gives them.
import { defineConfig } from '@playwright/test';

import { launch } from '../playwright.config.ts';

export default defineConfig({
  testDir: '.',
  outputDir: '../../target/playwright-appliance',
  // A machine in software answers slowly.
  timeout: 600_000,
  expect: { timeout: 120_000 },
  reporter: 'line',
  use: {
    // Whose certificate it is, the test looks at itself.
    ignoreHTTPSErrors: true,
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    launchOptions: launch,
  },
});
