import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

// Debian's Chromium where there is one; `CHROMIUM` names another.
const chromium = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

export const launch = {
  ...(chromium && { executablePath: chromium }),
  args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'],
};

export default defineConfig({
  testDir: 'e2e',
  outputDir: '../target/playwright',
  workers: 1,
  // Only what fails takes so long: wide enough for a machine that does other work beside.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: 'list',
  use: {
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    trace: 'retain-on-failure',
    launchOptions: launch,
  },
});
