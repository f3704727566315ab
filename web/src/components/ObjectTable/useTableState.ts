// What a table shows, kept in the address: filter, order, columns. What is as usual is left out.
import { useCallback } from 'react';
import { useSearchParams } from 'wouter';

import type { Collection } from '../../api/types.ts';
import type { Inventory } from './inventory.ts';

export function useTableState<C extends Collection>(inventory: Inventory<C>) {
  const [params, setParams] = useSearchParams();
  const usual = inventory.columns.filter((column) => !column.isExtra).map((column) => column.key);
  const keys = params.get('columns')?.split(',') ?? usual;
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
  return {
    filter: params.get('filter') ?? '',
    sort: params.get('sort') ?? inventory.defaultSort,
    columns: inventory.columns.filter((column) => keys.includes(column.key)),
    setFilter: (filter: string) => set('filter', filter),
    setSort: (sort: string) => set('sort', sort === inventory.defaultSort ? undefined : sort),
    setColumns: (chosen: readonly string[]) => set('columns', chosen.join(',') === usual.join(',') ? undefined : chosen.join(',')),
  };
}
