// One object, live.
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';

import { queries } from './client.ts';
import * as flights from './flights.ts';
import { get } from './http.ts';
import { live, type Change } from './live.ts';
import type { Problem } from './problem.ts';
import { type Collection, type Collections, TYPES } from './types.ts';

const keyOf = (collection: Collection, id: string) => ['object', collection, id];
const topicOf = (collection: Collection, id: string) => keyOf(collection, id).join(' ');
const objectOf = <C extends Collection>(change: Change) => (change.kind === 'remove' ? null : (change.object as unknown as Collections[C]));

/** `data` is `null` once the object is gone. */
export function useObject<C extends Collection>(collection: C, id: string) {
  useEffect(() => {
    const watch = live.watch(
      { collection: TYPES[collection], fields: '*', ids: [id] },
      {
        onChanges: (changes) => {
          flights.hear(topicOf(collection, id), changes);
          const last = changes.at(-1);
          if (last) queries.setQueryData(keyOf(collection, id), objectOf(last));
        },
      },
    );
    return watch.stop;
  }, [collection, id]);
  return useQuery<Collections[C] | null, Problem>({
    queryKey: keyOf(collection, id),
    queryFn: ({ signal }) =>
      flights.ask<Collections[C] | null>(
        topicOf(collection, id),
        () => get<Collections[C]>(`/${collection}/${id}`, undefined, signal),
        (answer, heard) => {
          const change = heard.get(id);
          return change ? objectOf<C>(change) : answer;
        },
      ),
  });
}

/** As a page shows it now; `undefined` where none does. */
export function knownObject<C extends Collection>(collection: C, id: string): Collections[C] | undefined {
  return queries.getQueryData<Collections[C] | null>(keyOf(collection, id)) ?? undefined;
}
