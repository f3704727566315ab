import { afterEach, expect, it } from 'vitest';

import { chooseTimeZone } from '../app/timeZone.ts';
import { ago, bytes, clock, day, moment, stamp, time, unitOf } from './units.ts';

afterEach(() => chooseTimeZone(undefined));

it('says sizes in the unit that fits', () => {
  expect(bytes(0)).toBe('0 B');
  expect(bytes(1536)).toBe('1.5 KiB');
  expect(bytes(8 * 2 ** 30)).toBe('8 GiB');
  expect(bytes(undefined)).toBe('–');
});

it('says units and dates as the language has them, and no date that can be read in two ways', () => {
  const when = Date.UTC(2026, 10, 26, 14, 3);
  chooseTimeZone('UTC');
  expect(moment(when)).toBe('26 Nov 2026 14:03');
  document.documentElement.lang = 'fr';
  expect(moment(when)).toBe('26 nov. 2026 14:03');
  expect([bytes(8 * 2 ** 30), unitOf('Gi')]).toEqual(['8 Gio', 'Gio']);
  document.documentElement.lang = 'en';
});

it('says how long ago something was in the largest unit that is full', () => {
  expect(ago(0, 59_000, 'en')).toBe('59 seconds ago');
  expect(ago(0, 119_000, 'en')).toBe('1 minute ago');
  expect(ago(0, 3 * 86_400_000, 'en')).toBe('3 days ago');
});

it('says times in the chosen time zone, which need not have the same day', () => {
  const newYear = Date.UTC(2026, 0, 1, 0, 30);
  chooseTimeZone('America/New_York');
  expect(stamp(newYear)).toBe('2025-12-31 19:30');
  expect(day(newYear)).toContain('31');
  chooseTimeZone('Asia/Tokyo');
  expect(stamp(newYear)).toBe('2026-01-01 09:30');
  expect(clock(newYear)).toContain('30');
  expect(time(newYear / 1000)).toContain('2026');
});

it('goes back to the browser’s time zone when the kept one is unknown', () => {
  const now = Date.UTC(2026, 6, 1, 12);
  const own = stamp(now);
  localStorage.setItem('xo.timeZone', 'Nowhere/Else');
  expect(stamp(now)).toBe(own);
});
