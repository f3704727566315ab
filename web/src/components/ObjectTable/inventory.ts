// How a collection is shown as a table: data that one table component reads.
import type { ReactNode } from 'react';

import type { Collection, Collections } from '../../api/types.ts';
import type { TextKey } from '../../i18n.ts';

export type Plain = string | number | boolean | null | undefined;

export interface Reference {
  collection: Collection;
  id: string;
}

export interface Column<T> {
  /** Its name in the URL. */
  key: string;
  label: TextKey;
  /** The top-level properties that its cells read. */
  fields: readonly (keyof T & string)[];
  /** What it is sorted by: a property, also a nested one. Without it and the next, it cannot be. */
  sort?: string;
  /** The same in another object: a path through its id, where filters do not go. */
  sortThrough?: string;
  cell: (object: T) => ReactNode;
  /** Shown only when it is chosen; or, as long as nobody chooses, only where there is more than one pool. */
  isExtra?: boolean | 'in-one-pool';
  /** Shown also where there is room for two columns. */
  isMain?: boolean;
  /** What its numbers are in an exported table. */
  unit?: 'bytes';
  /** What an exported table has, if it is not the first of the properties: a number, a text, or an object whose name is looked up. */
  plain?: (object: T) => Plain | Reference;
}

/** The other way round. */
export const reversed = (sort: string) =>
  sort
    .split(',')
    .map((key) => (key.startsWith('-') ? key.slice(1) : `-${key}`))
    .join(',');

export interface Inventory<C extends Collection> {
  collection: C;
  /** The plural, as the navigation has it. */
  label: TextKey;
  columns: readonly Column<Collections[C]>[];
  defaultSort: string;
  /** What actions look at beside what is shown. */
  fields: readonly (keyof Collections[C] & string)[];
}
