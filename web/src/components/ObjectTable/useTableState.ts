// What a table shows, kept in the address: filter, order, columns. What is as usual is left out.
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';

import type { Collection } from '../../api/types.ts';
import { usePools } from '../../app/pools.tsx';
import { useIsNarrow } from '../../app/useIsNarrow.ts';
import type { Inventory } from './inventory.ts';

export function useTableState<C extends Collection>(inventory: Inventory<C>) {
  const [params, setParams] = useSearchParams();
  const isNarrow = useIsNarrow();
  const hasOnePool = usePools().pools.length < 2;
  const usual = inventory.columns
    .filter(({ isExtra, isMain }) => (isNarrow ? isMain : isExtra === 'in-one-pool' ? !hasOnePool : !isExtra))
    .map((column) => column.key)
    .join(',');
  const keys = params.get('columns') ?? usual;
  const columns = useMemo(() => inventory.columns.filter((column) => keys.split(',').includes(column.key)), [inventory, keys]);
  const set = useCallback(
    (name: string, value: string | undefined) =>
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          if (value) next.set(name, value);
          else next.delete(name);
          return next;
        },
        { replace: true },
      ),
    [setParams],
  );
  const filter = params.get('filter') ?? '';
  const sort = params.get('sort') ?? inventory.defaultSort;
  // The same object for as long as it says the same.
  return useMemo(
    () => ({
      filter,
      sort,
      columns,
      setFilter: (filter: string) => set('filter', filter),
      setSort: (sort: string) => set('sort', sort === inventory.defaultSort ? undefined : sort),
      setColumns: (chosen: readonly string[]) => set('columns', chosen.join(',') === usual ? undefined : chosen.join(',')),
    }),
    [filter, sort, columns, set, inventory, usual],
  );
}

export type TableState<C extends Collection> = ReturnType<typeof useTableState<C>>;
