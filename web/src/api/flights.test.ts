import { expect, it } from 'vitest';

import { ask, hear } from './flights.ts';
import type { Change } from './live.ts';

const change = (id: string, name: string): Change => ({ kind: 'update', object: { id, name } });
const names = (answer: string[], heard: ReadonlyMap<string, Change>) => answer.map((id) => (heard.get(id)?.object.name as string | undefined) ?? id);

/** An answer that comes when it is told to. */
function late(answer: string[]) {
  let land: () => void = () => undefined;
  const request = () => new Promise<string[]>((resolve) => (land = () => resolve(answer)));
  return { request, land: () => land() };
}

it('lays over an answer what was heard since it was asked for, the last of each object', async () => {
  const { request, land } = late(['a', 'b', 'c']);
  hear('vms', [change('c', 'before')]);
  const asked = ask('vms', request, names);
  hear('vms', [change('a', 'first'), change('b', 'B')]);
  hear('vms', [change('a', 'last')]);
  hear('hosts', [change('c', 'another topic')]);
  land();
  expect(await asked).toEqual(['last', 'B', 'c']);
});

it('forgets an answer that failed, and what was heard before the next question', async () => {
  const asked = ask('vms', () => Promise.reject(new Error('no')), names);
  hear('vms', [change('a', 'A')]);
  await expect(asked).rejects.toThrow('no');
  expect(await ask('vms', () => Promise.resolve(['a']), names)).toEqual(['a']);
});
