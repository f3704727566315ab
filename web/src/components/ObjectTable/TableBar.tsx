// What stands above the rows: filter, number, actions on what is chosen, columns, views. It is apart from the rows because they are drawn
// again with every step of scrolling, and menus measure the page whenever they are drawn.
import { Toolbar, ToolbarContent, ToolbarGroup, ToolbarItem } from '@patternfly/react-core';
import { lazy, memo, Suspense, useMemo, type Ref } from 'react';
import { useTranslation } from 'react-i18next';

import { ActionMenu } from '../../actions/ActionMenu.tsx';
import type { Problem } from '../../api/problem.ts';
import type { Collection, Collections } from '../../api/types.ts';
import { useList } from '../../api/useList.ts';
import type en from '../../locales/en.json';
import { oneOf } from '../filterText.ts';
import { ColumnsMenu } from './ColumnsMenu.tsx';
import { FilterBox } from './FilterBox.tsx';
import type { Inventory } from './inventory.ts';
import type { TableState } from './useTableState.ts';

const FilterHelp = lazy(() => import('./FilterHelp.tsx'));
const TableMenu = lazy(() => import('./TableMenu.tsx'));

interface Props<C extends Collection> {
  inventory: Inventory<C>;
  table: TableState<C>;
  /** With what is always applied. */
  filter: string;
  problem: Problem | null;
  total: number | undefined;
  /** What is chosen; none where there are no actions. */
  chosen: ReadonlyMap<string, Collections[C]>;
  filterBox: Ref<{ focus: () => void }>;
}

/** What there are lists of. */
type Countable = keyof typeof en.noun;

/** As filters name what is within another property: `memory:size`. */
const inFilter = (path: string) => path.replaceAll('.', ':');

function Bar<C extends Collection>({ inventory, table, filter, problem, total, chosen, filterBox }: Props<C>) {
  const { t } = useTranslation();
  const { collection } = inventory;
  const properties = useMemo(
    () => [...new Set(['id', 'name_label', ...inventory.columns.flatMap((column) => [...(column.sort ? [inFilter(column.sort)] : []), ...column.fields])])].sort(),
    [inventory],
  );
  return (
    <Toolbar className="xo-bar">
      <ToolbarContent>
        <ToolbarItem>
          <FilterBox ref={filterBox} collection={collection} properties={properties} filter={table.filter} onFilter={table.setFilter} problem={problem} />
        </ToolbarItem>
        <ToolbarItem alignSelf="center">
          <Suspense>
            <FilterHelp />
          </Suspense>
        </ToolbarItem>
        <ToolbarItem alignSelf="center" aria-live="polite">
          {total !== undefined && t(`counted.${collection as Countable}`, { count: total })}
        </ToolbarItem>
        <ToolbarGroup align={{ default: 'alignEnd' }}>
          <Gone collection={collection} filter={filter} chosen={chosen} />
          {chosen.size > 0 && (
            <ToolbarItem>
              <ActionMenu collection={collection} objects={[...chosen.values()]} label={t('table.actions', { count: chosen.size })} />
            </ToolbarItem>
          )}
          <ToolbarItem>
            <ColumnsMenu all={inventory.columns} shown={table.columns.map((column) => column.key)} onChange={table.setColumns} />
          </ToolbarItem>
          <ToolbarItem>
            <Suspense>
              <TableMenu collection={collection} filter={filter} sort={table.sort} columns={table.columns as never} />
            </Suspense>
          </ToolbarItem>
        </ToolbarGroup>
      </ToolbarContent>
    </Toolbar>
  );
}

/** So many are looked for: addresses have an end. */
const MOST = 100;
const FIRST = { start: 0, end: 1 };

/** How many of those that are chosen have left the list since. */
function Gone<C extends Collection>({ collection, filter, chosen }: Pick<Props<C>, 'filter' | 'chosen'> & { collection: C }) {
  const { t } = useTranslation();
  const ids = [...chosen.keys()];
  const isAsked = ids.length > 0 && ids.length <= MOST;
  const { total, isOld } = useList(isAsked ? { collection, filter: `${filter} ${oneOf('id', ids)}`, sort: 'id', fields: ['id'] } : undefined, FIRST);
  const gone = total === undefined || isOld ? 0 : ids.length - total;
  if (gone === 0) return null;
  return (
    <ToolbarItem alignSelf="center" role="status">
      {t('table.gone', { count: gone, all: ids.length })}
    </ToolbarItem>
  );
}

export const TableBar = memo(Bar) as typeof Bar;
