// The one table of objects: as long as the collection, drawn only where it is seen, true by the list's own events. Filter, order and
// columns are in the address; the keys `j k x enter /` work as in a mail reader.
import { Alert, EmptyState, Toolbar, ToolbarContent, ToolbarGroup, ToolbarItem } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';

import { ActionMenu } from '../../actions/ActionMenu.tsx';
import { actionsOf } from '../../actions/index.ts';
import { get } from '../../api/http.ts';
import type { Collection, Collections } from '../../api/types.ts';
import { useList, type ListSpec } from '../../api/useList.ts';
import { pathOf } from '../../app/paths.ts';
import { toastProblem } from '../../app/toasts.ts';
import { useKeys } from '../../app/useKeys.ts';
import { ProblemText } from '../ProblemText.tsx';
import { ColumnsMenu } from './ColumnsMenu.tsx';
import { FilterBox } from './FilterBox.tsx';
import type { Inventory } from './inventory.ts';
import { useSelection } from './useSelection.ts';
import { useTableState } from './useTableState.ts';

const ROW_PX = 46;
const OVERSCAN = 8;
/** Before the first answer, the rows that fit most screens are asked for. */
const FIRST_ROWS = 40;

interface Props<C extends Collection> {
  inventory: Inventory<C>;
  /** Always applied beside what the user types: the VMs of one host. */
  within?: string;
}

export function ObjectTable<C extends Collection>({ inventory, within = '' }: Props<C>) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const { collection } = inventory;
  const table = useTableState(inventory);
  const selection = useSelection<Collections[C]>();
  const [here, setHere] = useState(-1);
  const pane = useRef<HTMLDivElement>(null);
  const filterBox = useRef<{ focus: () => void }>(null);

  const [count, setCount] = useState(FIRST_ROWS);
  // eslint-disable-next-line react-hooks/incompatible-library -- TanStack Virtual's own state is not to be memoised
  const virtual = useVirtualizer({ count, getScrollElement: () => pane.current, estimateSize: () => ROW_PX, overscan: OVERSCAN });
  const items = virtual.getVirtualItems();
  const window = { start: items[0]?.index ?? 0, end: (items.at(-1)?.index ?? FIRST_ROWS - 1) + 1 };

  const spec: ListSpec<C> = {
    collection,
    filter: [within, table.filter].filter(Boolean).join(' '),
    sort: table.sort,
    fields: [...new Set(['id', 'type', 'name_label', ...inventory.fields, ...table.columns.flatMap((column) => column.fields)])],
  };
  const list = useList(spec, window);
  if (list.total !== undefined && list.total !== count) setCount(list.total);

  const hasActions = actionsOf(collection).length > 0;
  const isAllChosen = list.total !== undefined && list.total > 0 && selection.chosen.size >= list.total;
  const chooseAll = async () => {
    if (selection.chosen.size > 0) return selection.set([]);
    const query = { filter: spec.filter || undefined, fields: spec.fields.join(',') };
    await get<Collections[C][]>(`/${collection}`, query).then(selection.set, (error: unknown) => toastProblem(t('table.chooseAll'), error));
  };

  const { row } = list;
  const toggle = selection.toggle;
  const keys = useMemo(() => {
    const move = (by: number) => {
      const next = Math.min(Math.max(here + by, 0), Math.max(count - 1, 0));
      setHere(next);
      virtual.scrollToIndex(next);
    };
    return {
      j: () => move(1),
      k: () => move(-1),
      x: () => {
        const object = row(here);
        if (object && hasActions) toggle(object);
      },
      Enter: () => {
        const path = pathOf(collection, row(here)?.id ?? '');
        if (path && here >= 0) navigate(path);
      },
      '/': () => filterBox.current?.focus(),
    };
  }, [here, count, row, toggle, hasActions, collection, navigate, virtual]);
  useKeys(keys);

  const sortOf = (key: string) => {
    const isDown = table.sort.startsWith('-');
    const index = table.columns.findIndex((column) => column.sort && column.sort === table.sort.replace(/^-/, ''));
    return {
      sort: {
        columnIndex: table.columns.findIndex((column) => column.key === key),
        sortBy: index >= 0 ? { index, direction: isDown ? ('desc' as const) : ('asc' as const) } : {},
        onSort: (_: unknown, at: number, direction: string) => {
          const property = table.columns[at]?.sort;
          if (property) table.setSort(direction === 'desc' ? `-${property}` : property);
        },
      },
    };
  };
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const width = table.columns.length + (hasActions ? 2 : 0);

  return (
    <div className="xo-fill">
      <Toolbar className="xo-bar">
        <ToolbarContent>
          <ToolbarItem>
            <FilterBox ref={filterBox} filter={table.filter} onFilter={table.setFilter} problem={list.error} />
          </ToolbarItem>
          <ToolbarItem alignSelf="center" aria-live="polite">
            {list.total !== undefined && t('table.count', { count: list.total })}
          </ToolbarItem>
          <ToolbarGroup align={{ default: 'alignEnd' }}>
            {hasActions && selection.chosen.size > 0 && (
              <ToolbarItem>
                <ActionMenu collection={collection} objects={[...selection.chosen.values()]} label={t('table.actions', { count: selection.chosen.size })} />
              </ToolbarItem>
            )}
            <ToolbarItem>
              <ColumnsMenu all={inventory.columns} shown={table.columns.map((column) => column.key)} onChange={table.setColumns} />
            </ToolbarItem>
          </ToolbarGroup>
        </ToolbarContent>
      </Toolbar>
      {list.error && list.error.status !== 400 && (
        <Alert isInline variant="danger" title={t('table.failed')}>
          <ProblemText problem={list.error} />
        </Alert>
      )}
      {list.total === 0 && !list.error && <EmptyState titleText={t(table.filter ? 'table.noMatch' : 'table.empty')} headingLevel="h2" />}
      <div ref={pane} className={list.isOld ? 'xo-pane xo-old' : 'xo-pane'} tabIndex={-1} hidden={list.total === 0 || list.error !== null}>
        <Table variant="compact" aria-label={t(inventory.label)} aria-rowcount={list.total ?? -1} gridBreakPoint="">
          <Thead>
            <Tr>
              {hasActions && (
                <Th
                  aria-label={t('table.chooseAll')}
                  select={{ isSelected: isAllChosen, onSelect: () => void chooseAll() }}
                />
              )}
              {table.columns.map((column) => (
                <Th key={column.key} modifier="nowrap" {...(column.sort && sortOf(column.key))}>
                  {t(column.label)}
                </Th>
              ))}
              {hasActions && <Th screenReaderText={t('action.menu')} />}
            </Tr>
          </Thead>
          <Tbody>
            {before > 0 && <Spacer height={before} width={width} />}
            {items.map(({ index }) => {
              const object = row(index);
              return (
                <Tr key={index} aria-rowindex={index + 1} className={index === here ? 'xo-here' : ''} style={{ height: ROW_PX }}>
                  {hasActions && (
                    <Td
                      {...(object && {
                        select: { rowIndex: index, isSelected: selection.chosen.has(object.id), onSelect: () => selection.toggle(object) },
                      })}
                    />
                  )}
                  {table.columns.map((column) => (
                    <Td key={column.key} dataLabel={t(column.label)} modifier="nowrap">
                      {object && column.cell(object)}
                    </Td>
                  ))}
                  {hasActions && <Td isActionCell>{object && <ActionMenu collection={collection} objects={[object]} />}</Td>}
                </Tr>
              );
            })}
            {after > 0 && <Spacer height={after} width={width} />}
          </Tbody>
        </Table>
      </div>
    </div>
  );
}

/** Stands for the rows that are not on screen. */
function Spacer({ height, width }: { height: number; width: number }) {
  return (
    <tr aria-hidden style={{ height }}>
      <td colSpan={width} />
    </tr>
  );
}
