// An object that is known by its id only; its name comes when it is known. Rows of lists are full of these: they ask for no more than they show.
import { useNamed } from '../api/names.ts';
import type { Collection, NamedInPool } from '../api/types.ts';
import { pathOf } from '../app/paths.ts';
import { useFullName, usePools } from '../app/pools.tsx';
import { QuickLink } from './QuickLink.tsx';
import { StorageName, useStorageName } from './StorageName.tsx';

interface Props {
  collection: Collection;
  id: string;
  /** Where nothing else tells which pool it is in. */
  isWithPool?: boolean;
  /** Of an object that may be gone, or has no name of its own. */
  name?: string;
}

export function ObjectLink({ collection, id, isWithPool = false, name }: Props) {
  const object = useNamed(collection, id);
  const path = pathOf(collection, id);
  // Who may see all sees it in a moment; to others it may never be told.
  const { seesAll } = usePools();
  if (!object && !seesAll) return name ?? '–';
  const text = !object ? (name ?? '…') : isWithPool ? <FullName {...{ collection, object }} /> : collection === 'srs' ? <StorageName sr={object} /> : (object.name_label ?? name);
  return path ? <QuickLink to={path}>{text}</QuickLink> : text;
}

function FullName({ collection, object }: { collection: Collection; object: NamedInPool }) {
  const storage = useStorageName(collection === 'srs' ? object : undefined);
  return useFullName()({ ...object, name_label: storage ?? object.name_label });
}
