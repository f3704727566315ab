import { expect, it } from 'vitest';

import { makeAll } from './makeAll.ts';

it('begins the next one when the one before has ended, and none after one that failed', async () => {
  const seen: string[] = [];
  const make = async (name: string) => {
    seen.push(`begins ${name}`);
    await Promise.resolve();
    seen.push(`ends ${name}`);
    return name === 'c' ? null : name;
  };
  expect(await makeAll(['a', 'b', 'c', 'd'], make)).toEqual(['a', 'b']);
  expect(seen).toEqual(['begins a', 'ends a', 'begins b', 'ends b', 'begins c', 'ends c']);
});

it('has who leaves meanwhile asked, and only then', async () => {
  const isAsked = () => !dispatchEvent(new Event('beforeunload', { cancelable: true }));
  await makeAll(['a'], () => Promise.resolve(expect(isAsked()).toBe(true)));
  expect(isAsked()).toBe(false);
});
