// Views of lists that somebody keeps: the part of the address that says what is shown, under a name. Each is a preference of the user
// by itself, so that two browsers at once lose none.
import type { Collection } from '../../api/types.ts';

export interface View {
  name: string;
  /** `filter=…&sort=…&columns=…` */
  query: string;
}

/** The preference that a view is. */
export const keyOf = (collection: Collection, name: string) => `view ${collection} ${name}`;

/** Those of a collection, by name. */
export function viewsIn(preferences: Record<string, unknown>, collection: Collection): View[] {
  const before = keyOf(collection, '');
  return Object.entries(preferences)
    .filter((entry): entry is [string, string] => entry[0].startsWith(before) && typeof entry[1] === 'string')
    .map(([key, query]) => ({ name: key.slice(before.length), query }))
    .sort((a, b) => a.name.localeCompare(b.name));
}
