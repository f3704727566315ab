// How much is measured, and which rows.
import type { Row } from './table.ts';

export interface Plan {
  vms: number;
  repetitions: number;
  /** Filters typed, and places jumped to, in each repetition. */
  tries: number;
  /** Changes whose way to the screen is timed, in each repetition. */
  changes: number;
  /** How long events flow before the heap is read. */
  heapMinutes: number;
  /** The client is `web/dist` as it is now, not the one in the server: Vite serves it and hands on what is for the server, which costs a little time. */
  isClientBuilt: boolean;
  /** Only rows whose name contains one of these are measured; all when there are none. */
  filters: string[];
}

const FULL = { vms: 10_000, repetitions: 5, tries: 20, changes: 120, heapMinutes: 10 };
/** A look: everything once, and shorter. */
const QUICK = { ...FULL, repetitions: 1, tries: 5, heapMinutes: 1 };

const OPTIONS = ['--quick', '--dist'];

export function planOf(args: readonly string[]): Plan {
  const filters = args.filter((arg) => !arg.startsWith('--'));
  const unknown = args.find((arg) => arg.startsWith('--') && !OPTIONS.includes(arg));
  if (unknown) throw new Error(`${unknown} is unknown; there are ${OPTIONS.join(', ')} and parts of the names of rows`);
  return { ...(args.includes('--quick') ? QUICK : FULL), isClientBuilt: args.includes('--dist'), filters };
}

/** Whether one of these rows is asked for. */
export function wants({ filters }: Plan, rows: readonly Row[]): boolean {
  return filters.length === 0 || rows.some(({ name }) => filters.some((filter) => name.toLowerCase().includes(filter.toLowerCase())));
}
