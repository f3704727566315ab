// What is measured: the release server, which follows a lab of its own with many VMs, and a browser that is nobody's but ours.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

import { chromium, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { preview as vitePreview, type PreviewServer } from 'vite';

import { ADMIN, startServer, type Server } from '../e2e/server.ts';
import { launch } from '../playwright.config.ts';
import { watchRows } from './inPage.ts';
import type { Plan } from './plan.ts';

const RELEASE = join(import.meta.dirname, '../../target/release');
const LOAD_MS = 120_000;

/** A place of the release build; the variable names another. */
function program(name: string, variable: string): string {
  const path = process.env[variable] ?? join(RELEASE, name);
  if (!existsSync(path)) throw new Error(`${path} is missing: cargo build --release --package ${name}`);
  return path;
}

interface Lab {
  url: string;
  stop: () => void;
}

/** Like the lab of `xo-bench`, it does not gather changes before it tells them. */
async function startLab(vms: number, eventRate: number): Promise<Lab> {
  const size = ['--vms', String(vms), '--hosts', '16', '--event-rate', String(eventRate), '--coalesce-ms', '0'];
  const child = spawn(program('xo-lab', 'XO_LAB_BIN'), [...size, '--http', '127.0.0.1:0', '--https', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const found = /^https:\s+(\S+)/.exec(line)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error('the lab ended before it was ready')));
  });
  return { url, stop: () => child.kill() };
}

/** Serves `web/dist` in front of a server. */
async function serveDist(target: string): Promise<PreviewServer> {
  const proxy = { target, ws: true };
  const preview = { host: '127.0.0.1', port: 0, proxy: { '/rest': proxy, '/api': proxy } };
  return await vitePreview({ root: join(import.meta.dirname, '..'), configFile: false, logLevel: 'error', preview });
}

export class Rig {
  private constructor(
    readonly plan: Plan,
    readonly server: Server,
    private readonly lab: Lab,
    private readonly browser: Browser,
    private readonly dist: PreviewServer | undefined,
  ) {}

  /** `eventRate`: changes per second that the pool makes by itself, anywhere in it. */
  static async start(plan: Plan, eventRate: number): Promise<Rig> {
    process.env.XO_SERVER_BIN ??= program('xo-server', 'XO_SERVER_BIN');
    const started: (() => unknown)[] = [];
    try {
      const lab = await startLab(plan.vms, eventRate);
      started.push(lab.stop);
      const server = await startServer([]);
      started.push(server.stop);
      await server.ask('POST', '/servers', { host: lab.url, username: 'root', password: 'lab', allowUnauthorized: true });
      const end = Date.now() + LOAD_MS;
      while ((await server.ask<string[]>('GET', '/vms')).length < plan.vms) {
        if (Date.now() > end) throw new Error(`the server does not show ${plan.vms} VMs`);
        await wait(100);
      }
      const browser = await chromium.launch(launch);
      started.push(() => browser.close());
      return new Rig(plan, server, lab, browser, plan.isClientBuilt ? await serveDist(server.url) : undefined);
    } catch (error) {
      for (const stop of started) await stop();
      throw error;
    }
  }

  async stop() {
    await this.browser.close();
    await this.dist?.close();
    await this.server.stop();
    this.lab.stop();
  }

  /** A browser without a past: nothing cached, nobody signed in. Ends on the form, which will lead to `path`. */
  async visit(path: string): Promise<Page> {
    const context: BrowserContext = await this.browser.newContext({ baseURL: this.dist?.resolvedUrls?.local[0] ?? this.server.url, locale: 'en-GB', viewport: { width: 1280, height: 800 } });
    await context.addInitScript(watchRows);
    const page = await context.newPage();
    await page.goto(path);
    await page.getByLabel('User name').fill(ADMIN.username);
    await page.getByLabel('Password').fill(ADMIN.password);
    return page;
  }

  /** As `visit`, signed in, with rows on the screen. */
  async enter(path: string): Promise<Page> {
    const page = await this.visit(path);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForFunction(() => window.rows.areFull());
    // What comes after the first rows: the tree, the subscriptions.
    await page.waitForLoadState('load');
    await wait(1000);
    return page;
  }
}
