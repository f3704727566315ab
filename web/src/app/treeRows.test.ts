import { expect, it } from 'vitest';

import { offOf, openContainers, rowsOf } from './treeRows.ts';

const named = (id: string) => ({ id, name_label: id });
const known = {
  pools: [named('p'), named('q')],
  hosts: [{ ...named('h'), $pool: 'p' }, { ...named('i'), $pool: 'q' }],
  vms: [{ ...named('v'), $container: 'h' }, { ...named('w'), $container: 'p' }],
};
const shown = (turned: string[]) => rowsOf({ ...known, turned: new Set(turned) }).map(({ key, depth, isOpen }) => `${'-'.repeat(depth)}${key}${isOpen === undefined ? '' : isOpen ? ' open' : ' closed'}`);

it('shows pools open and what holds VMs closed, and asks for no VMs', () => {
  expect(shown([])).toEqual(['p open', '-h closed', '-off p closed', 'q open', '-i closed', '-off q closed']);
  expect(openContainers({ ...known, turned: new Set() })).toEqual([]);
});

it('shows nothing of a closed pool, and asks for none of its VMs', () => {
  expect(shown(['p', 'h'])).toEqual(['p closed', 'q open', '-i closed', '-off q closed']);
  expect(openContainers({ ...known, turned: new Set(['p', 'h']) })).toEqual([]);
});

it('shows the VMs of an open host, and those of the pool that run nowhere apart', () => {
  expect(shown(['q', 'h', offOf('p')])).toEqual(['p open', '-h open', '--v', '-off p open', '--w', 'q closed']);
  expect(openContainers({ ...known, turned: new Set(['h', offOf('p')]) })).toEqual(['h', 'p']);
});
