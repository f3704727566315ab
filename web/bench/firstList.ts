// From the click on "Sign in" to the first rows: the password is checked, the shell and the list are loaded, the list is asked for.
import type { Rig } from './rig.ts';
import type { Row } from './table.ts';

export const firstList = ({ vms }: { vms: number }): Row => ({ name: `browser, ${vms} VMs: sign-in to first list`, unit: 'ms', atMost: 1000, values: [] });

export async function measureFirstList(rig: Rig, row: Row) {
  for (let i = 0; i < rig.plan.repetitions; i++) {
    const page = await rig.visit('/vms');
    const took = page.evaluate(async () => {
      const began = await new Promise<number>((resolve) => document.addEventListener('click', () => resolve(Date.now()), { capture: true, once: true }));
      return (await window.rows.until(window.rows.areFull)) - began;
    });
    await page.getByRole('button', { name: 'Sign in' }).click();
    row.values.push(await took);
    await page.context().close();
  }
}
