import { expect, it } from 'vitest';

import { containing, oneOf } from './filterText.ts';

it('quotes what would be read as more than a word', () => {
  expect(containing('name_label', 'web')).toBe('name_label:web');
  expect(containing('name_label', 'a "b" \\')).toBe('name_label:"a \\"b\\" \\\\"');
  expect(containing('name_label', '12')).toBe('name_label:"12"');
});

it('asks for any of several ids', () => {
  expect(oneOf('$container', ['a-1', 'b-2'])).toBe('$container:|(a-1 b-2)');
});
