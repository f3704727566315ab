// A list as a file: all rows that the filter lets through, in their order.
import { get } from '../../api/http.ts';
import type { Collection } from '../../api/types.ts';

type Row = Record<string, unknown>;

/** A cell as RFC 4180 has it. What a spreadsheet would take for a formula is made text. */
export function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const safe = typeof value !== 'number' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function asCsv(rows: readonly Row[], fields: readonly string[]): string {
  return [fields, ...rows.map((row) => fields.map((field) => row[field]))].map((cells) => cells.map(cellOf).join(',')).join('\r\n') + '\r\n';
}

export async function exportList(collection: Collection, filter: string, sort: string, fields: readonly string[], format: 'csv' | 'json') {
  const rows = await get<Row[]>(`/${collection}`, { filter: filter || undefined, sort, fields: fields.join(',') });
  const text = format === 'csv' ? asCsv(rows, fields) : JSON.stringify(rows, null, 2);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: format === 'csv' ? 'text/csv' : 'application/json' }));
  link.download = `${collection}.${format}`;
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
