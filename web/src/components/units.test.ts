import { expect, it } from 'vitest';

import { ago, bytes } from './units.ts';

it('says sizes in the unit that fits', () => {
  expect(bytes(0)).toBe('0 B');
  expect(bytes(1536)).toBe('1.5 KiB');
  expect(bytes(8 * 2 ** 30)).toBe('8 GiB');
  expect(bytes(undefined)).toBe('–');
});

it('says how long ago something was in the largest unit that is full', () => {
  expect(ago(0, 59_000, 'en')).toBe('59 seconds ago');
  expect(ago(0, 119_000, 'en')).toBe('1 minute ago');
  expect(ago(0, 3 * 86_400_000, 'en')).toBe('3 days ago');
});
