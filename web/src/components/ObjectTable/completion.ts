// What may stand where somebody types in the filter box: properties, and behind a colon the values that objects have.
import { quotedWord } from '../filterText.ts';

export interface Word {
  /** Where the word that is typed begins. */
  start: number;
  text: string;
  /** Set when its value is typed; `memory:size` is the size within the memory. */
  property?: string;
}

/** The word that ends at the caret. */
export function wordAt(filter: string, caret: number): Word {
  const before = filter.slice(0, caret);
  const typed = /[^\s()|!&]*$/.exec(before)?.[0] ?? '';
  const path = /^(?:[A-Za-z_$][\w$-]*:)+/.exec(typed)?.[0];
  if (path === undefined) return { start: caret - typed.length, text: typed };
  const text = typed.slice(path.length);
  return { start: caret - text.length, text, property: path.slice(0, -1) };
}

/** The filter with the word replaced, and the caret after it. */
export function complete(filter: string, caret: number, word: Word, chosen: string): [string, number] {
  const text = word.property === undefined ? `${chosen}:` : `${quotedWord(chosen)} `;
  const rest = filter.slice(caret).replace(/^[^\s()|!&]*/, '').replace(/^ /, word.property === undefined ? ' ' : '');
  return [filter.slice(0, word.start) + text + rest, word.start + text.length];
}

export function matching(all: readonly string[], text: string): string[] {
  const wanted = text.toLowerCase().replaceAll('"', '');
  const found = all.filter((one) => one.toLowerCase().includes(wanted) && one !== text);
  // What begins so is meant more often.
  return found.sort((a, b) => Number(b.toLowerCase().startsWith(wanted)) - Number(a.toLowerCase().startsWith(wanted))).slice(0, 8);
}

/** The different values of a property, also those within lists. */
export function valuesOf(objects: readonly Record<string, unknown>[], property: string): string[] {
  const found = new Set<string>();
  for (const object of objects) {
    const value = property.split(':').reduce<unknown>((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], object);
    for (const one of Array.isArray(value) ? value : [value]) if (['string', 'number', 'boolean'].includes(typeof one) && one !== '') found.add(String(one));
  }
  return [...found].sort();
}
