// Measures the web client in a browser and prints one table. `npm run bench -- [--quick] [parts of the names of rows]`; the release
// binaries of `xo-server`, which holds the client, and of `xo-lab` must be built. `make bench` does both.
import { heap, measureHeap, measurePixels, pixels, UNREST } from './changing.ts';
import { filtering, measureFiltering } from './filtering.ts';
import { firstList, measureFirstList } from './firstList.ts';
import { planOf, wants, type Plan } from './plan.ts';
import { Rig } from './rig.ts';
import { measureScrolling, scrolling } from './scrolling.ts';
import { render, type Row } from './table.ts';

/** Rows that are measured together, and how. */
interface Part {
  rows: Row[];
  measure: (rig: Rig) => Promise<void>;
}

function partsOf(plan: Plan): { still: Part[]; restless: Part[] } {
  const [list, filter, scroll, pixel, memory] = [firstList(plan), filtering(plan), scrolling(plan), pixels(plan), heap(plan)];
  const wanted = (parts: Part[]) => parts.filter(({ rows }) => wants(plan, rows));
  return {
    still: wanted([
      { rows: [list], measure: (rig) => measureFirstList(rig, list) },
      { rows: Object.values(filter), measure: (rig) => measureFiltering(rig, filter) },
      { rows: Object.values(scroll), measure: (rig) => measureScrolling(rig, scroll) },
    ]),
    restless: wanted([
      { rows: Object.values(pixel), measure: (rig) => measurePixels(rig, pixel) },
      { rows: [memory], measure: (rig) => measureHeap(rig, memory) },
    ]),
  };
}

/** Measures some parts against one server; what cannot be measured keeps no other from it. */
async function run(plan: Plan, eventRate: number, parts: readonly Part[], failures: string[]) {
  if (parts.length === 0) return;
  // Playwright's errors go on with its logs.
  const fail = (what: string) => (error: unknown) => void failures.push(`${what}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
  const rig = await Rig.start(plan, eventRate).catch(fail('start'));
  if (!rig) return;
  try {
    for (const { rows, measure } of parts) await measure(rig).catch(fail(rows[0]?.name ?? ''));
  } finally {
    await rig.stop();
  }
}

export async function main(args: readonly string[]): Promise<number> {
  const plan = planOf(args);
  const { still, restless } = partsOf(plan);
  const failures: string[] = [];
  await run(plan, 0, still, failures);
  await run(plan, UNREST, restless, failures);
  const rows = [...still, ...restless].flatMap((part) => part.rows);
  if (rows.length > 0) console.log(render(rows).trimEnd());
  for (const failure of failures) console.error(`bench: ${failure}`);
  return failures.length > 0 ? 1 : 0;
}
