import { expect, it } from 'vitest';

import { bytes } from './units.ts';

it('says sizes in the unit that fits', () => {
  expect(bytes(0)).toBe('0 B');
  expect(bytes(1536)).toBe('1.5 KiB');
  expect(bytes(8 * 2 ** 30)).toBe('8 GiB');
  expect(bytes(undefined)).toBe('–');
});
