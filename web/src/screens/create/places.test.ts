import { expect, it } from 'vitest';

import { boundTo, tieOfDisk } from './places.ts';

const local = (id: string, host: string) => ({ id, shared: false, $container: host, $pool: 'p' });
const known = { srs: [local('l1', 'h1'), local('l2', 'h2'), { id: 'nfs', shared: true, $container: 'p', $pool: 'p' }], defaultSr: 'nfs', template: { $container: 'p', $pool: 'p' } };
const draft = (...srs: string[]) => ({ disks: srs.map((sr) => ({ name: 'd', size: 1, sr })), host: '' });

it('binds a VM to the hosts of its local disks, of those that its template brings too', () => {
  expect(boundTo(draft('nfs', ''), known)).toEqual([]);
  expect(boundTo(draft('l1', 'l1', 'l2'), known)).toEqual(['h1', 'h2']);
  expect(boundTo(draft(''), { ...known, defaultSr: 'l2', template: { $container: 'h1', $pool: 'p' } })).toEqual(['h1', 'h2']);
});

it('wants of a disk what the others are bound to, else the preferred host', () => {
  expect(tieOfDisk(draft('l1', 'l2'), known, 1)).toEqual({ host: 'h1', why: 'disks' });
  expect(tieOfDisk(draft('l1'), known, 0)).toBeUndefined();
  expect(tieOfDisk({ ...draft('l1'), host: 'h2' }, known, 0)).toEqual({ host: 'h2', why: 'chosen' });
});
