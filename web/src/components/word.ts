// What a value of XAPI's is called by people: `hvm`, `network_default`. One that has no word here is shown as it is.
import i18next from 'i18next';

import type en from '../locales/en.json';

export type Words = keyof typeof en.word;

export function wordOf(words: Words, value: string | undefined): string {
  if (!value) return '–';
  const key = `word.${words}.${value}`;
  return i18next.exists(key) ? i18next.t(key as 'word.vga.std') : value;
}

/** As a choice offers them. */
export function choicesOf(words: Words, values: readonly string[]): (readonly [string, string])[] {
  return values.map((value) => [value, wordOf(words, value)] as const);
}
