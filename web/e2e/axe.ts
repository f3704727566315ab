// What axe-core finds in a page: nothing serious may be there.
import { expect, type Page } from '@playwright/test';
import axe from 'axe-core';

/** Fails with the rules that are broken and where. */
export async function expectAccessible(page: Page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ['violations'] });
    return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(' … ')}`);
  });
  expect(found).toEqual([]);
}
