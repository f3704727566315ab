// What a connection is called: as the pool, else as somebody named it, else as its address.
import type { Server } from '../../api/types.ts';

export const nameOf = (server: Server): string => server.poolNameLabel ?? server.label ?? server.host;
