// The values that a property has, as far as a look at some objects tells.
import { get } from '../../api/http.ts';
import type { Collection } from '../../api/types.ts';

const LOOKED_AT = 300;

/** What TanStack Query is told: objects with this top-level property, or without it where they lack it. */
export function valuesQuery(collection: Collection, property: string) {
  return {
    queryKey: ['values', collection, property],
    queryFn: ({ signal }: { signal: AbortSignal }) => get<Record<string, unknown>[]>(`/${collection}`, { fields: property, limit: LOOKED_AT }, signal),
  };
}
