// Measured values, their medians, and the table that is printed: the same shape as that of `xo-bench` (`tests/src/bench/table.rs`).

export interface Row {
  name: string;
  unit: string;
  /** Not more than this is to be reached, if anything. */
  atMost?: number;
  /** One for each repetition. */
  values: number[];
}

const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);

/** The middle value; between the two middle ones their mean. */
export function median(values: readonly number[]): number {
  const all = sorted(values);
  return ((all[Math.floor(all.length / 2)] ?? NaN) + (all[Math.floor((all.length - 1) / 2)] ?? NaN)) / 2;
}

/** The value below which the share `rank` (0 to 1) of all values lie. */
export function percentile(values: readonly number[], rank: number): number {
  return sorted(values)[Math.max(Math.ceil(values.length * rank) - 1, 0)] ?? NaN;
}

/** Three significant digits, thousands apart. */
function number(value: number): string {
  const size = Math.abs(value);
  const digits = size < 1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0;
  const text = value.toFixed(digits);
  return digits > 0 ? text.replace(/\.?0+$/, '') : text.replace(/\B(?=(\d{3})+$)/g, ',');
}

export function render(rows: readonly Row[]): string {
  const cells = [['what', 'median', '(min–max)', 'target', '']];
  for (const { name, unit, atMost, values } of rows) {
    if (values.length === 0) continue;
    const middle = median(values);
    cells.push([
      name,
      `${number(middle)} ${unit}`,
      `(${number(Math.min(...values))}–${number(Math.max(...values))})`,
      atMost === undefined ? '' : `≤ ${number(atMost)} ${unit}`,
      atMost === undefined ? '' : middle <= atMost ? 'reached' : 'missed',
    ]);
  }
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const pad = (cell: string, column: number) => (column >= 1 && column <= 3 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0));
  return cells.map((line) => `${line.map(pad).join('   ').trimEnd()}\n`).join('');
}
