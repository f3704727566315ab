// The rows of the tree: pool > host > VM, and for each pool a row for the VMs that no host runs. Pools are open until somebody closes them;
// what holds VMs is closed until somebody opens it, since VMs are asked for then.
import type { Collection, Named } from '../api/types.ts';

export interface Row {
  key: string;
  collection: Collection;
  /** `undefined` for a row that stands for no object of its own. */
  object: Named | undefined;
  depth: number;
  /** Whether it is open; what has nothing below is neither. */
  isOpen?: boolean;
}

interface Known {
  pools: readonly Named[];
  hosts: readonly (Named & { $pool: string })[];
  vms: readonly (Named & { $container: string })[];
  /** Keys of rows that somebody opened or closed: they are the other way round than at first. */
  turned: ReadonlySet<string>;
}

/** Where VMs are asked for: the hosts that are open, and the pools whose VMs without a host are shown. */
export function openContainers({ pools, hosts, turned }: Omit<Known, 'vms'>): string[] {
  const isOpen = (pool: string) => !turned.has(pool);
  return [
    ...hosts.filter(({ id, $pool }) => isOpen($pool) && turned.has(id)).map(({ id }) => id),
    ...pools.filter(({ id }) => isOpen(id) && turned.has(offOf(id))).map(({ id }) => id),
  ];
}

/** The key of the row for the VMs of a pool that no host runs. */
export const offOf = (pool: string) => `off ${pool}`;

export function rowsOf({ pools, hosts, vms, turned }: Known): Row[] {
  const rows: Row[] = [];
  const addHolder = (key: string, container: string, object: Named | undefined) => {
    const isOpen = turned.has(key);
    rows.push({ key, collection: 'hosts', object, depth: 1, isOpen });
    if (isOpen) for (const vm of vms) if (vm.$container === container) rows.push({ key: vm.id, collection: 'vms', object: vm, depth: 2 });
  };
  for (const pool of pools) {
    const isOpen = !turned.has(pool.id);
    rows.push({ key: pool.id, collection: 'pools', object: pool, depth: 0, isOpen });
    if (!isOpen) continue;
    for (const host of hosts) if (host.$pool === pool.id) addHolder(host.id, host.id, host);
    addHolder(offOf(pool.id), pool.id, undefined);
  }
  return rows;
}
