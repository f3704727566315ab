import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import fr from '../locales/fr.json';
import { slugOf, taskName } from './taskName.ts';

const task = (name?: string) => ({ id: 't1', status: 'pending', start: 0, properties: name === undefined ? {} : { name } }) as const;

describe('the name of a task', () => {
  it('is what was done, without the way it came in', () => {
    expect(taskName(task('REST API: start vm'))).toBe('start vm');
    expect(taskName(task('API call: vm.start'))).toBe('vm.start');
  });

  it('is kept when it says nothing about that', () => {
    expect(taskName(task('backup'))).toBe('backup');
  });

  it('is the id when there is none', () => {
    expect(taskName(task())).toBe('t1');
  });
});

describe('what the server calls actions', () => {
  it('has words in the catalogues', () => {
    const table = readFileSync(join(import.meta.dirname, '../../../server/api/src/rest/actions/table.rs'), 'utf8');
    const labels = [...table.matchAll(/action\(\s*"[^"]+",\s*"[^"]+",\s*"([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(labels.length).toBeGreaterThan(40);
    expect(labels.filter((label) => !(slugOf(label) in fr.did))).toEqual([]);
  });

  it('has words for what is done to the appliance', () => {
    const table = readFileSync(join(import.meta.dirname, '../../../server/engine/src/nouns/appliance.rs'), 'utf8');
    // `look`, and what is `untasked`, make no task.
    const names = [...table.matchAll(/\b(?:ask|of_change)\(\s*"(appliance\.[^"]+)"/g)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !(slugOf(name) in fr.did))).toEqual([]);
  });
});
