// How a collection is shown as a table: data that one table component reads.
import type { ReactNode } from 'react';

import type { Collection, Collections } from '../../api/types.ts';
import type { TextKey } from '../../i18n.ts';

export interface Column<T> {
  /** Its name in the URL. */
  key: string;
  label: TextKey;
  /** The top-level properties that its cells read. */
  fields: readonly (keyof T & string)[];
  /** What it is sorted by: a property, also a nested one. Without it, it cannot be. */
  sort?: string;
  cell: (object: T) => ReactNode;
  /** Shown only when it is chosen. */
  isExtra?: boolean;
}

export interface Inventory<C extends Collection> {
  collection: C;
  /** The plural, as the navigation has it. */
  label: TextKey;
  columns: readonly Column<Collections[C]>[];
  defaultSort: string;
  /** What actions look at beside what is shown. */
  fields: readonly (keyof Collections[C] & string)[];
}
