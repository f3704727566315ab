import { expect, it } from 'vitest';

import { hostOf, misfitOf, needOf, tieOf } from './storage.ts';

const local = { shared: false, $container: 'h1', $pool: 'p', size: 100, physical_usage: 40 };
const shared = { ...local, shared: true, $container: 'p' };

it('is reached from one host when it is local', () => {
  expect(hostOf(local)).toBe('h1');
  expect(hostOf(shared)).toBeUndefined();
});

it('suits a VM whose host reaches it, and what fits in', () => {
  const tie = { host: 'h2', why: 'runs' } as const;
  expect(misfitOf(local, { tie })).toBe('unreached');
  expect(misfitOf(local, { tie: { ...tie, host: 'h1' }, room: 60 })).toBeUndefined();
  expect(misfitOf(local, { room: 61 })).toBe('small');
  expect(misfitOf(shared, { tie })).toBeUndefined();
});

it('binds a VM to the host where it runs, or where its disks are', () => {
  expect(tieOf({ $container: 'h1', $pool: 'p', power_state: 'Running' })).toEqual({ host: 'h1', why: 'runs' });
  expect(tieOf({ $container: 'h1', $pool: 'p', power_state: 'Halted' })).toEqual({ host: 'h1', why: 'disks' });
  expect(tieOf({ $container: 'p', $pool: 'p', power_state: 'Halted' })).toBeUndefined();
});

it('takes what other fields of the form tell', () => {
  const vm = { $container: 'h1', $pool: 'p', power_state: 'Running' } as const;
  expect(needOf({ vm, roomField: 'size' }, { size: 5 })).toEqual({ tie: { host: 'h1', why: 'runs' }, room: 5 });
  expect(needOf({ vm, hostField: 'host' }, { host: 'h2' })).toEqual({ tie: { host: 'h2', why: 'chosen' }, room: undefined });
});
