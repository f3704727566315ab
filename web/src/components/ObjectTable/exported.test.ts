import { expect, it } from 'vitest';

import { asCsv, cellOf, headOf } from './exported.ts';

it('quotes what a table would cut', () => {
  const columns = [{ label: 'column.name', fields: ['a'] }, { label: 'column.cpus', fields: ['b'] }] as never;
  expect(asCsv([{ id: 'i', a: 'x, "y"', b: 1 }], columns, ['A', 'B', 'UUID'], new Map())).toBe('A,B,UUID\r\n"x, ""y""",1,i\r\n');
});

it('has names for ids, and no JSON', () => {
  const host = { label: 'column.host', fields: ['$container'], plain: ({ $container }: { $container: string }) => ({ collection: 'hosts', id: $container }) };
  const columns = [host, { label: 'column.memory', fields: ['memory'] }] as never;
  const rows = [{ id: 'i', $container: 'h', memory: { size: 1 } }, { id: 'j', $container: 'gone', memory: {} }];
  expect(asCsv(rows, columns, ['Host', 'Memory', 'UUID'], new Map([['h', 'host-1']]))).toBe('Host,Memory,UUID\r\nhost-1,,i\r\ngone,,j\r\n');
});

it('lets no name become a formula', () => {
  expect(cellOf('=1+1')).toBe("'=1+1");
  expect(cellOf(-1)).toBe('-1');
});

it('tells the unit of numbers', () => {
  const t = ((key: string) => key) as never;
  expect([{ label: 'column.memory', fields: ['memory'], unit: 'bytes' }, { label: 'column.cpus', fields: ['CPUs'] }].map((column) => headOf(column as never, t))).toEqual(['column.memory (unit.bytes)', 'column.cpus']);
});
