import { expect, it } from 'vitest';

import type { Task } from '../api/types.ts';
import { subjectOf } from './taskSubject.ts';

const task = (properties: Task['properties'], result?: Task['result']) => ({ id: 't', status: 'success', start: 0, properties, ...(result && { result }) }) as Task;

it('is the object that the server names', () => {
  expect(subjectOf(task({ name: 'REST API: start VM', objectId: 'v', objectType: 'VM' }))).toEqual({ collection: 'vms', id: 'v' });
  expect(subjectOf(task({ objectId: 'b', objectType: 'VBD', objectName: 'web' }))).toEqual({ collection: 'vbds', id: 'b', name: 'web' });
  expect(subjectOf(task({ objectId: 's', objectType: 'server', objectName: 'Lab' }))).toBe('Lab');
  expect(subjectOf(task({ name: 'backup' }))).toBeUndefined();
});

it('is what is made, by its name until it is there', () => {
  const create = { name: 'REST API: create VM', objectId: 'p', objectType: 'pool', params: { name_label: 'web' } };
  expect(subjectOf(task(create))).toBe('web');
  expect(subjectOf(task(create, { id: 'v' }))).toEqual({ collection: 'vms', id: 'v' });
});

it('is, of a pool that was to be added, how it was to be called, or where it was looked for', () => {
  expect(subjectOf(task({ method: 'server.add', params: { host: '10.0.0.9' } }))).toBe('10.0.0.9');
  expect(subjectOf(task({ method: 'server.add', params: { host: '10.0.0.9', label: 'Paris' } }))).toBe('Paris (10.0.0.9)');
});

it('is what a plain call was about', () => {
  expect(subjectOf(task({ name: 'API call: vm.set', method: 'vm.set', params: { id: 'v' } }))).toEqual({ collection: 'vms', id: 'v' });
});
