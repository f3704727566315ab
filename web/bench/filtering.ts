// From the last letter of a filter to the rows that it chooses.
import type { Rig } from './rig.ts';
import { percentile, type Row } from './table.ts';

/** A word is looked for in all properties; a property's value only there. */
export const filtering = ({ vms }: { vms: number }): { word: Row; property: Row; worst: Row } => {
  const name = `browser, ${vms} VMs: filter typed to rows`;
  return {
    word: { name: `${name}, a word`, unit: 'ms', atMost: 150, values: [] },
    property: { name: `${name}, a property`, unit: 'ms', atMost: 150, values: [] },
    worst: { name: `${name}, p95`, unit: 'ms', values: [] },
  };
};

/** Between the letters of somebody who types fast. */
const KEY_MS = 80;

export async function measureFiltering(rig: Rig, rows: ReturnType<typeof filtering>) {
  const page = await rig.enter('/vms');
  const box = page.getByRole('textbox', { name: 'Filter' });
  const names = await rig.server.ask<{ name_label: string }[]>('GET', '/vms?fields=name_label');
  let at = 0;
  const type = async (before: string) => {
    at = (at + 397) % names.length;
    const name = names[at]?.name_label ?? '';
    await box.fill('');
    await page.waitForFunction((count) => window.rows.seen().length > 3 && document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === String(count), names.length);
    const took = page.evaluate(async (name) => {
      let last = 0;
      document.addEventListener('input', () => (last = Date.now()), { capture: true });
      const end = await window.rows.until(() => {
        const texts = window.rows.seen();
        // Spaces stand for the places without a row, below the last one.
        return document.querySelector<HTMLInputElement>('.xo-filter input')?.value.endsWith(name) === true && texts.length > 0 && texts.every((text) => text.includes(name));
      });
      return end - last;
    }, name);
    await box.pressSequentially(before + name, { delay: KEY_MS });
    return await took;
  };
  for (let i = 0; i < rig.plan.repetitions; i++) {
    const [words, properties]: [number[], number[]] = [[], []];
    for (let n = 0; n < rig.plan.tries; n++) {
      words.push(await type(''));
      properties.push(await type('name_label:'));
    }
    rows.word.values.push(percentile(words, 0.5));
    rows.property.values.push(percentile(properties, 0.5));
    rows.worst.values.push(percentile([...words, ...properties], 0.95));
  }
  await page.context().close();
}
