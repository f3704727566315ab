import { describe, expect, it } from 'vitest';

import type { Change } from './live.ts';
import type { Server } from './types.ts';
import { areLost, changed, serverName } from './useServers.ts';

const server = (id: string, status: Server['status']) => ({ id, status }) as Server;
const change = (kind: Change['kind'], id: string, status: Server['status'] = 'connected') => ({ kind, object: { id, status } }) as Change;

describe('connections', () => {
  it('are as the last change of each left them, in the order in which they came', () => {
    const known = [server('a', 'connecting'), server('b', 'connected')];
    const now = changed(known, [change('update', 'a'), change('add', 'c', 'connecting'), change('update', 'c'), change('remove', 'b'), change('remove', 'gone')]);
    expect(now).toEqual([server('a', 'connected'), server('c', 'connected')]);
    expect(known).toHaveLength(2);
  });
});

describe('a lost pool', () => {
  const to = (id: string, part: Partial<Server>): Server => ({ id, username: 'root', host: `${id}.example.net`, enabled: true, status: 'disconnected', since: 1, poolId: 'p', ...part });
  const lost = (...servers: Server[]) => areLost(servers).map(({ id }) => id);

  it('is one that no connection reaches', () => {
    expect(lost(to('a', {}), to('b', { status: 'connected' }))).toEqual([]);
    expect(lost(to('a', {}), to('b', { status: 'connected', poolId: 'q' }))).toEqual(['a']);
    expect(lost(to('a', { poolId: null }), to('b', { poolId: null }))).toEqual(['a', 'b']);
    expect(lost(to('a', { poolId: null, error: { code: 'DUPLICATE_POOL', message: '' } }))).toEqual([]);
  });

  it('is told once, by the connection that heard of it last', () => {
    expect(lost(to('a', {}), to('b', { lastEvent: 5 }), to('c', { lastEvent: 4 }))).toEqual(['b']);
  });

  it('has the address beside its name where that is not the only one', () => {
    const [a, b, c] = [to('a', { poolNameLabel: 'Paris' }), to('b', { label: 'Paris' }), to('c', {})];
    const names = [a, b, c].map((one) => serverName(one, [a, b, c]));
    expect(names).toEqual(['Paris (a.example.net)', 'Paris (b.example.net)', 'c.example.net']);
  });
});
