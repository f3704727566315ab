// A list of the objects that belong to the one whose page this is: the list of the collection, narrowed.
import type { Collection } from '../api/types.ts';
import { inventoryOf } from '../screens/inventory/collections.tsx';
import { ObjectTable } from './ObjectTable/ObjectTable.tsx';

export function Related<C extends Collection>({ collection, within }: { collection: C; within: string }) {
  const inventory = inventoryOf(collection);
  return inventory ? (
    <div className="xo-related">
      <ObjectTable inventory={inventory} within={within} />
    </div>
  ) : null;
}
