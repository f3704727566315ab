import { describe, expect, it } from 'vitest';

import type { Change } from './live.ts';
import type { Server } from './types.ts';
import { changed } from './useServers.ts';

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
