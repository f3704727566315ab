// A link to an object that is known by its id only; its name comes when it is known.
import { Link } from 'wouter';

import { useName } from '../api/names.ts';
import type { Collection } from '../api/types.ts';
import { pathOf } from '../app/paths.ts';

export function ObjectLink({ collection, id }: { collection: Collection; id: string }) {
  const name = useName(collection, id);
  const path = pathOf(collection, id);
  const text = name ?? '…';
  return path ? <Link to={path}>{text}</Link> : <>{text}</>;
}
