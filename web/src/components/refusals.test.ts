import { expect, it } from 'vitest';

import en from '../locales/refusals.en.json';
import fr from '../locales/refusals.fr.json';
import { sayingOf } from './refusals.ts';

it('says what the parameters of a code tell', () => {
  expect(sayingOf('HOST_NOT_ENOUGH_FREE_MEMORY', [String(2 ** 32), String(2 ** 30)], 'en')).toMatch(/^The host has 1 GiB of memory free, and 4 GiB are needed/);
  expect(sayingOf('MAC_INVALID', ['01:zz'], 'en')).toMatch(/^01:zz is no MAC address/);
});

it('finds the codes of storage without their numbers, and has words for what it does not know', () => {
  expect(sayingOf('SR_BACKEND_FAILURE_79', ['', 'no room', '[x]'], 'en')).toMatch(/^The storage failed: no room \[x\]/);
  expect(sayingOf('NEVER_HEARD_OF', [], 'en')).toBe(en['*']);
});

it('has the same codes in both languages, with the same parameters in them', () => {
  expect(Object.keys(fr)).toEqual(Object.keys(en));
  const params = (text: string) => (text.match(/\{\d[^}]*\}/g) ?? []).sort();
  for (const [code, text] of Object.entries(en)) expect(params(fr[code as keyof typeof fr]), code).toEqual(params(text));
});
