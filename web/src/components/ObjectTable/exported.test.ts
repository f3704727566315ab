import { expect, it } from 'vitest';

import { asCsv, cellOf } from './exported.ts';

it('quotes what a table would cut', () => {
  expect(asCsv([{ a: 'x, "y"', b: 1 }], ['a', 'b'])).toBe('a,b\r\n"x, ""y""",1\r\n');
});

it('lets no name become a formula', () => {
  expect(cellOf('=1+1')).toBe("'=1+1");
  expect(cellOf(-1)).toBe('-1');
});
