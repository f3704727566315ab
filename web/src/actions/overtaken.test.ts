import { expect, it } from 'vitest';

import type { Field } from './action.ts';
import { overtaken } from './overtaken.ts';

const field = (name: string, initial: string): Field => ({ name, label: 'column.name', kind: 'text', initial });

it('finds what somebody else changed since a form was opened', () => {
  const before = [field('a', 'x'), field('b', 'y')];
  expect(overtaken(before, [field('a', 'x'), field('b', 'y')])).toEqual([]);
  expect(overtaken(before, [field('a', 'x'), field('b', 'z')])).toEqual([[before[1], 'z']]);
});
