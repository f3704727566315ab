// A list as a file: all rows that the filter lets through, in their order. A table for people has the columns on screen, with names where the
// server tells ids; JSON has the properties as the server tells them.
import type { TFunction } from 'i18next';

import { get } from '../../api/http.ts';
import type { Collection, Named } from '../../api/types.ts';
import { oneOf } from '../filterText.ts';
import type { Column, Plain, Reference } from './inventory.ts';

type Row = Record<string, unknown> & { id: string };
type AnyColumn = Pick<Column<never>, 'label' | 'fields' | 'unit'> & { plain?: (row: never) => Plain | Reference };

/** How many names are asked for at once: addresses have an end. */
const AT_ONCE = 100;

/** A cell as RFC 4180 has it. What a spreadsheet would take for a formula is made text. */
export function cellOf(value: Plain): string {
  if (value === null || value === undefined) return '';
  const text = String(value);
  const safe = typeof value !== 'number' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What a column has for a row: by its own word, else the first of its properties, if that is a text or a number. */
export function plainOf(column: AnyColumn, row: Row): Plain | Reference {
  if (column.plain) return column.plain(row as never);
  const value = row[column.fields[0] ?? ''];
  return typeof value === 'object' ? '' : (value as Plain);
}

/** A number tells nothing without its unit: `Memory (bytes)`. */
export function headOf({ label, unit }: AnyColumn, t: TFunction): string {
  return unit ? `${t(label)} (${t(`unit.${unit}`)})` : t(label);
}

const isReference = (value: Plain | Reference): value is Reference => typeof value === 'object' && value !== null;

/** `names` by id; an id that has no name there stays. */
export function asCsv(rows: readonly Row[], columns: readonly AnyColumn[], heads: readonly string[], names: ReadonlyMap<string, string>): string {
  const textOf = (value: Plain | Reference) => (isReference(value) ? (names.get(value.id) ?? value.id) : value);
  const lines = rows.map((row) => [...columns.map((column) => textOf(plainOf(column, row))), row.id]);
  return [heads, ...lines].map((cells) => cells.map(cellOf).join(',')).join('\r\n') + '\r\n';
}

async function namesOf(references: readonly Reference[]): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const collection of new Set(references.map((one) => one.collection))) {
    const ids = [...new Set(references.flatMap((one) => (one.collection === collection ? [one.id] : [])))];
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const query = { filter: oneOf('id', ids.slice(from, from + AT_ONCE)), fields: 'id,name_label' };
      for (const { id, name_label } of await get<Named[]>(`/${collection}`, query)) names.set(id, name_label);
    }
  }
  return names;
}

export interface Exported {
  collection: Collection;
  filter: string;
  sort: string;
  columns: readonly AnyColumn[];
}

export async function exportList({ collection, filter, sort, columns }: Exported, format: 'csv' | 'json', t: TFunction) {
  const fields = [...new Set(['id', ...columns.flatMap((column) => column.fields)])];
  const rows = await get<Row[]>(`/${collection}`, { filter: filter || undefined, sort, fields: fields.join(',') });
  if (format === 'json') return save(`${collection}.json`, 'application/json', JSON.stringify(rows, null, 2));
  const references = columns.flatMap((column) => rows.map((row) => plainOf(column, row)).filter(isReference));
  const heads = [...columns.map((column) => headOf(column, t)), t('summary.id')];
  save(`${collection}.csv`, 'text/csv', asCsv(rows, columns, heads, await namesOf(references)));
}

function save(name: string, type: string, text: string) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
