// One object, live.
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';

import { queries } from './client.ts';
import { get } from './http.ts';
import { live } from './live.ts';
import type { Problem } from './problem.ts';
import { type Collection, type Collections, TYPES } from './types.ts';

/** `data` is `null` once the object is gone. */
export function useObject<C extends Collection>(collection: C, id: string) {
  useEffect(() => {
    const key = ['object', collection, id];
    const watch = live.watch(
      { collection: TYPES[collection], fields: '*', ids: [id] },
      {
        onChanges: (changes) => {
          const last = changes.at(-1);
          if (last) queries.setQueryData(key, last.kind === 'remove' ? null : last.object);
        },
      },
    );
    return watch.stop;
  }, [collection, id]);
  return useQuery<Collections[C] | null, Problem>({
    queryKey: ['object', collection, id],
    queryFn: ({ signal }) => get<Collections[C]>(`/${collection}/${id}`, undefined, signal),
  });
}
