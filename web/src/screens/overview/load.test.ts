import { describe, expect, it } from 'vitest';

import { loadOf } from './load.ts';

describe('the load of hosts', () => {
  it('is not known when nothing was measured', () => {
    expect(loadOf([])).toBeUndefined();
    expect(loadOf([{ cores: 4, cpus: undefined }, { cores: 4, cpus: { 0: [null] } }])).toBeUndefined();
  });

  it('counts each host by its cores, as it last was', () => {
    const small = { cores: 2, cpus: { 0: [0, 100], 1: [0, 100, null] } };
    const large = { cores: 6, cpus: { 0: [100, 0] } };
    expect(loadOf([small, large])).toBe(0.25);
  });
});
