import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import en from './locales/en.json';
import fr from './locales/fr.json';

function keys(texts: object, before = ''): string[] {
  return Object.entries(texts).flatMap(([key, value]) => (typeof value === 'string' ? [before + key] : keys(value as object, `${before}${key}.`)));
}
const english = keys(en);

const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.'))
  .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'));

describe('the catalogues', () => {
  it('have the same keys', () => {
    expect(keys(fr).sort()).toEqual([...english].sort());
  });

  it('fill in the same values', () => {
    const values = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort();
    const at = (texts: object, key: string) => key.split('.').reduce<unknown>((t, k) => (t as Record<string, unknown>)[k], texts) as string;
    for (const key of english) expect(values(at(fr, key)), key).toEqual(values(at(en, key)));
  });

  it('have every key that the code uses', () => {
    const known = new Set(english.map((key) => key.replace(/_(one|other)$/, '')));
    const used = sources.flatMap((text) => [...text.matchAll(/\bt\(\s*'([\w.-]+)'/g)].map((m) => m[1] ?? ''));
    expect(used.length).toBeGreaterThan(30);
    expect(used.filter((key) => !known.has(key))).toEqual([]);
  });

  it('have no key that the code does not use', () => {
    const text = sources.join('\n');
    // Families whose last part is put in at run time: t(`state.${x}`).
    const families = [...text.matchAll(/`([\w.-]+\.)\$\{/g)].map((m) => m[1] ?? '');
    const unused = english
      .map((key) => key.replace(/_(one|other)$/, ''))
      .filter((key) => !text.includes(`'${key}'`) && !families.some((family) => key.startsWith(family)));
    expect(unused).toEqual([]);
  });
});
