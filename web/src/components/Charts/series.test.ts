import { expect, it } from 'vitest';

import { CPU, HOST_PANELS, linesOf, MEMORY, timesOf, VM_PANELS } from './series.ts';

it('names lines by direction and device', () => {
  expect(linesOf({ rx: { 0: [1, null] }, tx: { 0: [2, 3] } }, '')).toEqual([
    { name: 'rx 0', points: [1, null] },
    { name: 'tx 0', points: [2, 3] },
  ]);
  expect(linesOf(undefined, 'x')).toEqual([]);
});

it('dates points from the last one back', () => {
  expect(timesOf({ endTimestamp: 100, interval: 5, stats: {} }, 3)).toEqual([90, 95, 100]);
});

it('keeps a gap where nothing was measured', () => {
  expect(MEMORY.lines({ memory: [8, null], memoryFree: [3, null] })[1]?.points).toEqual([5, null]);
});

it('shows many CPUs as their mean, over those that were measured', () => {
  const cpus = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [i, [i, i === 0 ? 4 : null, null]]));
  expect(CPU.lines({ cpus })).toEqual([{ name: 'CPU', points: [4.5, 4, null] }]);
});

it('adds up what a host reads and writes, over all storage', () => {
  const disk = HOST_PANELS.find(({ key }) => key === 'disk');
  expect(disk?.lines({ ioThroughput: { r: { a: [1, null], b: [2, null] }, w: { a: [5, 0] }, total: { a: [6, 0] } } })).toEqual([
    { name: 'r', points: [3, null] },
    { name: 'w', points: [5, 0] },
  ]);
  expect(disk?.lines({})).toEqual([]);
});

it('calls disks of VMs as their guests do, and interfaces by what they are told', () => {
  const names = (key: string, stats: object) => VM_PANELS.find((panel) => panel.key === key)?.lines({ ...stats }, (device) => `Office (${device})`).map(({ name }) => name);
  expect(names('disk', { xvds: { r: { a: [1] }, w: { a: [1] } } })).toEqual(['r xvda', 'w xvda']);
  expect(names('network', { vifs: { rx: { 0: [1] } } })).toEqual(['rx Office (0)']);
});
