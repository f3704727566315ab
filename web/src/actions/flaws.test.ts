import { describe, expect, it } from 'vitest';

import type { Field, Value } from './action.ts';
import { flawOf, isSound } from './flaws.ts';

const text: Field = { name: 'n', label: 'column.name', kind: 'text', isRequired: true };
const number: Field = { name: 'n', label: 'column.cpus', kind: 'number', least: 1, most: 512 };
const size: Field = { name: 'n', label: 'column.size', kind: 'size', isRequired: true, most: 2 ** 40 };
const keyOf = (field: Field, value: Value) => flawOf(field, value)?.key;

describe('what is typed', () => {
  it('is a name when it says something and is not too long', () => {
    expect(keyOf(text, 'web 1')).toBeUndefined();
    expect(keyOf(text, '')).toBe('flaw.missing');
    expect(keyOf(text, '   ')).toBe('flaw.blank');
    expect(keyOf(text, 'é'.repeat(255))).toBeUndefined();
    expect(keyOf(text, 'n'.repeat(2000))).toBe('flaw.long');
    expect(keyOf({ ...text, isRequired: false }, '')).toBeUndefined();
  });

  it('is a whole number within its limits', () => {
    for (const good of [1, 512]) expect(keyOf(number, good)).toBeUndefined();
    for (const bad of [0, -5, 513, 1e9]) expect(flawOf(number, bad)).toEqual({ key: 'flaw.between', with: { least: 1, most: 512 } });
    expect(keyOf(number, 1.5)).toBe('flaw.whole');
    expect(flawOf({ name: 'n', label: 'column.cpus', kind: 'number', least: 1 }, 0)).toEqual({ key: 'flaw.least', with: { least: 1 } });
    expect(keyOf(number, '')).toBeUndefined();
  });

  it('is a size, whose limits are told in GiB', () => {
    expect(keyOf(size, 2 ** 30)).toBeUndefined();
    expect(keyOf(size, 0)).toBe('flaw.missing');
    expect(keyOf(size, -1)).toBe('flaw.someSize');
    expect(flawOf({ ...size, least: 2 ** 31 }, 2 ** 30)).toEqual({ key: 'flaw.leastSize', with: { least: 2 } });
    expect(flawOf(size, 2 ** 41)).toEqual({ key: 'flaw.mostSize', with: { most: 1024 } });
  });

  it('is a password that is long enough, where one is chosen', () => {
    const password: Field = { name: 'p', label: 'signIn.password', kind: 'password' };
    expect(keyOf(password, 'short')).toBeUndefined();
    expect(keyOf({ ...password, least: 8 }, 'ééééééé')).toBe('setup.passwordHelp');
    expect(keyOf({ ...password, least: 8 }, 'éééééééé')).toBeUndefined();
  });

  it('is a MAC address of one device', () => {
    const mac: Field = { name: 'm', label: 'nics.mac', kind: 'text', is: 'mac' };
    expect(keyOf(mac, '')).toBeUndefined();
    expect(keyOf(mac, '02:00:00:ab:CD:ef')).toBeUndefined();
    expect(keyOf(mac, '02-00-00-ab-cd-ef')).toBe('flaw.mac');
    expect(keyOf(mac, '01:00:5e:00:00:01')).toBe('flaw.macGroup');
  });

  it('can be sent when every field is right', () => {
    expect(isSound([text, number], { n: 3 })).toBe(true);
    expect(isSound([text], { n: '  ' })).toBe(false);
    expect(isSound([text], {})).toBe(false);
  });
});
