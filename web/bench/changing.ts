// Another client changes what is on the screen, while the pool changes elsewhere too: how long until it is seen, and what is left in the
// browser's memory after minutes of it.
import { setTimeout as wait } from 'node:timers/promises';

import type { Page } from '@playwright/test';

import type { Rig } from './rig.ts';
import { percentile, type Row } from './table.ts';

/** What the pool does by itself, per second, anywhere in it. */
export const UNREST = 100;
const PERIOD_MS = 100;
const HEAP_RATE = 100;

export const pixels = ({ vms }: { vms: number }): { p50: Row; p95: Row } => {
  const name = `browser, ${vms} VMs, ${UNREST} events/s: event to pixel`;
  return { p50: { name: `${name}, p50`, unit: 'ms', values: [] }, p95: { name: `${name}, p95`, unit: 'ms', atMost: 100, values: [] } };
};

export const heap = ({ vms, heapMinutes }: { vms: number; heapMinutes: number }): Row => ({
  name: `browser, ${vms} VMs: heap after ${heapMinutes} min of ${HEAP_RATE} events/s on screen`,
  unit: 'MB',
  atMost: 120,
  values: [],
});

const vmsInSight = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLAnchorElement>('.xo-pane tr[aria-rowindex] a[href^="/vms/"]')]
      .filter((link) => link.getBoundingClientRect().bottom < innerHeight - 20)
      .map((link) => ({ id: link.pathname.split('/').at(-1) ?? '', name: link.textContent })),
  );

/** VMs are renamed, each new name holds the time; the page tells at what time it had painted that name. */
export async function measurePixels(rig: Rig, rows: ReturnType<typeof pixels>) {
  const page = await rig.enter('/vms');
  const vms = await vmsInSight(page);
  await page.evaluate(() => {
    window.latencies = new Map();
    const pane = document.querySelector('.xo-pane');
    if (!pane) throw new Error('there is no list');
    const look = async () => {
      const stamps = window.rows.seen().flatMap((text) => /~(\d{13})/.exec(text)?.[1] ?? []);
      const news = stamps.filter((stamp) => !window.latencies.has(stamp));
      for (const stamp of news) window.latencies.set(stamp, NaN);
      if (news.length === 0) return;
      const now = await window.rows.painted();
      for (const stamp of news) window.latencies.set(stamp, now - Number(stamp));
    };
    new MutationObserver(() => void look()).observe(pane, { subtree: true, childList: true, characterData: true });
  });
  for (let i = 0; i < rig.plan.repetitions; i++) {
    await page.evaluate(() => window.latencies.clear());
    for (let n = 0; n < rig.plan.changes; n++) {
      const vm = vms[n % vms.length];
      if (!vm) throw new Error('no VM is in sight');
      const next = wait(PERIOD_MS);
      await rig.server.ask('PATCH', `/vms/${vm.id}`, { name_label: `${vm.name} ~${Date.now()}` });
      await next;
    }
    await page.waitForFunction((count) => window.latencies.size >= count, rig.plan.changes, { timeout: 10_000 }).catch(() => undefined);
    const all = await page.evaluate(() => [...window.latencies.values()]);
    if (all.length < rig.plan.changes) throw new Error(`of ${rig.plan.changes} changes only ${all.length} were seen`);
    rows.p50.values.push(percentile(all, 0.5));
    rows.p95.values.push(percentile(all, 0.95));
  }
  await page.context().close();
}

/** Descriptions change at an even pace; then the heap is read, without its garbage. */
export async function measureHeap(rig: Rig, row: Row) {
  const page = await rig.enter('/vms?columns=name,state,address,cpus,memory,host,tags,description');
  const vms = await vmsInSight(page);
  const total = rig.plan.heapMinutes * 60 * HEAP_RATE;
  const began = Date.now();
  const running = new Set<Promise<unknown>>();
  for (let n = 0; n < total; n++) {
    const due = began + (n * 1000) / HEAP_RATE;
    if (due > Date.now()) await wait(due - Date.now());
    const vm = vms[n % vms.length];
    if (!vm) throw new Error('no VM is in sight');
    const change = rig.server.ask('PATCH', `/vms/${vm.id}`, { name_description: `change ${n}` });
    running.add(change);
    void change.finally(() => running.delete(change)).catch(() => undefined);
    if (running.size > 20) await Promise.race(running);
  }
  await Promise.all(running);
  await page.waitForFunction((text) => window.rows.seen().some((row) => row.endsWith(text)), `change ${total - 1}`);
  const behind = (Date.now() - began) / (rig.plan.heapMinutes * 60_000);
  if (behind > 1.1) throw new Error(`${HEAP_RATE} changes a second took ${behind.toFixed(2)} times as long`);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('HeapProfiler.collectGarbage');
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  row.values.push(usedSize / 1e6);
  await page.context().close();
}

declare global {
  interface Window {
    /** By the time that is in a new name: how long until it was painted. */
    latencies: Map<string, number>;
  }
}
