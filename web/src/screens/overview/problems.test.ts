import { describe, expect, it } from 'vitest';

import type { Host, Server, Sr, Task } from '../../api/types.ts';
import { troublesOf } from './problems.ts';

const server = (part: Partial<Server>): Server => ({ id: 's', username: 'root', host: '10.0.0.1', enabled: true, status: 'connected', since: 1, poolId: 'p', ...part });
const host = (part: Partial<Host>) => ({ id: 'h', name_label: 'one', power_state: 'Running', enabled: true, ...part }) as Host;
const sr = (part: Partial<Sr>) => ({ id: 'sr', name_label: 'store', size: 100, physical_usage: 10, content_type: 'user', SR_type: 'nfs', ...part }) as Sr;
const none = { servers: [], hosts: [], srs: [], failed: { total: 0, since: 0, rows: [] } };
const kinds = (known: Partial<Parameters<typeof troublesOf>[0]>) => troublesOf({ ...none, ...known }).map(({ kind }) => kind);

describe('what is wrong', () => {
  it('is nothing while all is well', () => {
    expect(kinds({ servers: [server({})], hosts: [host({})], srs: [sr({})] })).toEqual([]);
  });

  it('is a pool that should be connected and is not, but none that somebody disabled', () => {
    expect(kinds({ servers: [server({ status: 'disconnected' }), server({ status: 'disconnected', enabled: false })] })).toEqual(['pool']);
    const [stale] = troublesOf({ ...none, servers: [server({ status: 'disconnected' })] });
    // A server that has just started has not heard of it yet.
    expect(stale).toMatchObject({ since: undefined });
  });

  it('is a host that is down once, not disabled too', () => {
    expect(kinds({ hosts: [host({ power_state: 'Halted', enabled: false }), host({ enabled: false })] })).toEqual(['hostDown', 'hostDisabled']);
  });

  it('is full storage, but no CD library, which is as large as what is in it', () => {
    expect(kinds({ srs: [sr({ physical_usage: 91 }), sr({ physical_usage: 90 }), sr({ physical_usage: 100, content_type: 'iso' }), sr({ size: 0, physical_usage: 0 })] })).toEqual(['srFull']);
  });

  it('comes with the pools first and the failed tasks last, however many they are', () => {
    const failed = { total: 9, since: 0, rows: ['t', 'u'].map((id) => ({ id, status: 'failure', start: 0, properties: {} }) as Task) };
    expect(kinds({ failed, servers: [server({ status: 'connecting' })], hosts: [host({ power_state: 'Halted' })] })).toEqual(['pool', 'hostDown', 'tasks']);
  });
});
