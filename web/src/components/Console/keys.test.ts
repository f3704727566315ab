import { expect, it } from 'vitest';

import { keysymOf, strokesOf } from './keys.ts';

it('types a line break as Return and a tabulator as Tab', () => {
  expect(keysymOf('\n')).toBe(0xff0d);
  expect(keysymOf('\t')).toBe(0xff09);
  expect(strokesOf('a\r\nb')).toHaveLength(3);
});

it('numbers what is beyond Latin 1 as Unicode', () => {
  expect(keysymOf('é')).toBe(0xe9);
  expect(keysymOf('€')).toBe(0x010020ac);
});

it('holds Shift for what needs it', () => {
  expect(strokesOf('A')).toEqual([
    [
      { keysym: 0xffe1, isDown: true },
      { keysym: 0x41, isDown: true },
      { keysym: 0x41, isDown: false },
      { keysym: 0xffe1, isDown: false },
    ],
  ]);
  expect(strokesOf('a')[0]).toHaveLength(2);
});
