// Finds objects of any kind by a part of their name.
import { containing } from '../components/filterText.ts';
import { get } from './http.ts';
import { namedBy } from './names.ts';
import type { Collection, NamedInPool } from './types.ts';

/** What has a name that people know, and a page. */
export const FINDABLE = ['vms', 'hosts', 'pools', 'srs', 'networks'] as const satisfies readonly Collection[];

export type Found = readonly [(typeof FINDABLE)[number], NamedInPool];

/** The first few of each collection. */
export async function findByName(text: string, most: number, signal: AbortSignal): Promise<Found[]> {
  const query = { filter: containing('name_label', text), sort: 'name_label', limit: most };
  const lists = FINDABLE.map(async (collection) => {
    const found = await get<NamedInPool[]>(`/${collection}`, { ...query, fields: namedBy(collection).join(',') }, signal);
    return found.map((object): Found => [collection, object]);
  });
  return (await Promise.all(lists)).flat();
}
