import { expect, it } from 'vitest';

import { callsOf, EMPTY, flawsOf, namesOf, withoutFirst } from './draft.ts';

it('numbers copies where the pattern says, or at the end', () => {
  expect(namesOf({ name: 'web', copies: 1, first: 1 })).toEqual(['web']);
  expect(namesOf({ name: 'web-{i}-eu', copies: 2, first: 9 })).toEqual(['web-9-eu', 'web-10-eu']);
  expect(namesOf({ name: 'web', copies: 2, first: 1 })).toEqual(['web-1', 'web-2']);
});

it('keeps the names of those copies that are still to be made', () => {
  const draft = { ...EMPTY, name: 'web', copies: 3 };
  expect(withoutFirst(draft, 0)).toBe(draft);
  expect(namesOf(withoutFirst(draft, 1))).toEqual(['web-2', 'web-3']);
  expect(namesOf(withoutFirst(draft, 2))).toEqual(['web-3']);
});

it('tells what is missing', () => {
  expect(flawsOf(EMPTY, undefined)).toEqual(['pool', 'template', 'name']);
  expect(flawsOf({ ...EMPTY, pool: 'p', template: 't', name: 'n', source: 'iso' }, undefined)).toEqual(['iso']);
});

it('warns of a VM that has nothing to start from, once that is known', () => {
  const draft = { ...EMPTY, pool: 'p', template: 't', name: 'n' };
  expect(flawsOf(draft, undefined)).toEqual([]);
  expect(flawsOf(draft, 0)).toEqual(['nothingToBoot']);
  expect(flawsOf(draft, 1)).toEqual([]);
  expect(flawsOf({ ...draft, source: 'network' }, 0)).toEqual([]);
});

it('asks for one VM for each copy, with its own name in the cloud-init data', () => {
  const draft = { ...EMPTY, pool: 'p', template: 't', name: 'n{i}', copies: 2, cloudConfig: 'hostname: {name}', disks: [{ name: 'd', size: 5, sr: 's' }] };
  const calls = callsOf(draft);
  expect(calls).toHaveLength(2);
  expect(calls[1]?.path).toBe('/pools/p/actions/create_vm');
  expect(calls[1]?.body).toMatchObject({ name_label: 'n2', cloud_config: 'hostname: n2', vdis: [{ size: 5, name_label: 'd', sr: 's' }] });
});

it('sends no cloud-init data to what is installed from a CD', () => {
  const [call] = callsOf({ ...EMPTY, source: 'iso', iso: 'i', name: 'n', cloudConfig: 'x' });
  expect(call?.body).toMatchObject({ install: { method: 'cdrom', repository: 'i' } });
  expect(call?.body).not.toHaveProperty('cloud_config');
});

it('takes no absurd numbers and no names of blanks', () => {
  const good = { ...EMPTY, pool: 'p', template: 't', name: 'n', disks: [{ name: 'd', size: 2 ** 30, sr: '' }] };
  expect(flawsOf(good, undefined)).toEqual([]);
  const flawed = { ...good, name: '  ', cpus: 1_000_000, memory: 2 ** 60, copies: 51, first: -1, disks: [{ name: ' ', size: 2 ** 60, sr: '' }] };
  expect(flawsOf(flawed, undefined)).toEqual(['name', 'cpus', 'memory', 'disk', 'copies', 'first']);
  expect(flawsOf({ ...good, name: 'n'.repeat(255), copies: 10 }, undefined)).toEqual(['name']);
});
