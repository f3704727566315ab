import { expect, it } from 'vitest';

import { complete, matching, valuesOf, wordAt } from './completion.ts';

it('knows the word at the caret, and whose value it is', () => {
  expect(wordAt('web power', 9)).toEqual({ start: 4, text: 'power' });
  expect(wordAt('!(power_state:Ru', 16)).toEqual({ start: 14, text: 'Ru', property: 'power_state' });
  expect(wordAt('memory:size:4', 13)).toEqual({ start: 12, text: '4', property: 'memory:size' });
  expect(wordAt('"a', 2)).toEqual({ start: 0, text: '"a' });
});

it('puts what was chosen in its place', () => {
  expect(complete('web po', 6, wordAt('web po', 6), 'power_state')).toEqual(['web power_state:', 16]);
  expect(complete('tags:st web', 7, wordAt('tags:st web', 7), 'a b')).toEqual(['tags:"a b" web', 11]);
});

it('offers what begins with the text first', () => {
  expect(matching(['name_label', 'label', 'x'], 'la')).toEqual(['label', 'name_label']);
});

it('collects the values of a property, those of lists too', () => {
  expect(valuesOf([{ tags: ['b', 'a'] }, { tags: [] }, { tags: ['a'] }], 'tags')).toEqual(['a', 'b']);
  expect(valuesOf([{ boot: { firmware: 'uefi' } }], 'boot:firmware')).toEqual(['uefi']);
});
