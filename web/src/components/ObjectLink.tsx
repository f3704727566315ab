// A link to an object that is known by its id only; its name comes when it is known.
import { Link } from 'wouter';

import { useNamed } from '../api/names.ts';
import type { Collection } from '../api/types.ts';
import { pathOf } from '../app/paths.ts';
import { useFullName, usePools } from '../app/pools.tsx';

interface Props {
  collection: Collection;
  id: string;
  /** Where nothing else tells which pool it is in. */
  isWithPool?: boolean;
}

export function ObjectLink({ collection, id, isWithPool = false }: Props) {
  const object = useNamed(collection, id);
  const fullName = useFullName();
  const path = pathOf(collection, id);
  // Who may see all sees it in a moment; to others it may never be told.
  const { seesAll } = usePools();
  if (!object && !seesAll) return '–';
  const text = object ? (isWithPool ? fullName(object) : object.name_label) : '…';
  return path ? <Link to={path}>{text}</Link> : <>{text}</>;
}
