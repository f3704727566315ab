import { expect, it } from 'vitest';

import { startTexts } from '../i18n.ts';
import { choicesOf, wordOf } from './word.ts';

it('says what the values of a pool mean, and leaves alone what nobody knows', async () => {
  await startTexts();
  expect(wordOf('virtualization', 'hvm')).toBe('Full (HVM)');
  expect(wordOf('srKind', 'one-of-tomorrow')).toBe('one-of-tomorrow');
  expect(wordOf('allocation', undefined)).toBe('–');
  expect(choicesOf('ha', ['', 'restart'])).toEqual([['', '–'], ['restart', 'Restarted in any case']]);
});
