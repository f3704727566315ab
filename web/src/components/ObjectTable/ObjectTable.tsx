// The one table of objects: as long as the collection, drawn only where it is seen, true by the list's own events. Filter, order and
// columns are in the address; the keys `j k x enter /` work as in a mail reader. For Tab the head is one stop and the rows begin with one:
// arrows lead from there.
import { EmptyState, EmptyStateBody } from '@patternfly/react-core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';

import { actionsOf } from '../../actions/index.ts';
import { get } from '../../api/http.ts';
import { useIsAdmin } from '../../api/permissions.ts';
import type { Collection, Collections } from '../../api/types.ts';
import { useList, type ListSpec } from '../../api/useList.ts';
import { pathOf } from '../../app/paths.ts';
import { toastProblem } from '../../app/toasts.ts';
import { useKeys } from '../../app/useKeys.ts';
import { Alert } from '../Alert.tsx';
import { ProblemText } from '../ProblemText.tsx';
import { type Inventory, reversed } from './inventory.ts';
import { CheckCell, HeadCell } from './parts.tsx';
import { TableBar } from './TableBar.tsx';
import { ROW_PX, TableRow } from './TableRow.tsx';
import { leadInHead, useRowLead } from './useRowLead.ts';
import { useSelection } from './useSelection.ts';
import { useTableState } from './useTableState.ts';

const OVERSCAN = 8;
/** The head covers as much of the pane. */
const HEAD_PX = 46;
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
  const selection = useSelection<Collections[C]>(`${collection} ${within} ${table.filter}`);
  const pane = useRef<HTMLDivElement>(null);
  const filterBox = useRef<{ focus: () => void }>(null);

  const [count, setCount] = useState(FIRST_ROWS);
  // eslint-disable-next-line react-hooks/incompatible-library -- TanStack Virtual's own state is not to be memoised
  const virtual = useVirtualizer({ count, getScrollElement: () => pane.current, estimateSize: () => ROW_PX, overscan: OVERSCAN, scrollPaddingEnd: HEAD_PX });
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
    const query = { filter: spec.filter || undefined, fields: spec.fields.join(','), sort: spec.sort };
    await get<Collections[C][]>(`/${collection}`, query).then(selection.set, (error: unknown) => toastProblem(t('table.chooseAll'), error));
  };

  // The answer to another question is read from its beginning.
  useEffect(() => {
    // In braces: browsers begin to answer a promise, which is nothing that React could clean up with.
    pane.current?.scrollTo(0, 0);
  }, [spec.filter, spec.sort]);

  const isWrong = list.error?.status === 400;
  const { columns } = table;
  const { row } = list;
  const { here, lead, onRowKey, onRowFocus, onRowBlur } = useRowLead(pane, count, virtual.scrollToIndex);
  const toggle = selection.toggle;
  const keys = useMemo(
    () => ({
      j: () => lead(here + 1),
      k: () => lead(here - 1),
      x: () => {
        const object = row(here);
        if (object && hasActions) toggle(object);
      },
      Enter: () => {
        const path = pathOf(collection, row(here)?.id ?? '');
        if (path && here >= 0) navigate(path);
      },
      '/': () => filterBox.current?.focus(),
    }),
    [here, lead, row, toggle, hasActions, collection, navigate],
  );
  useKeys(keys);

  const orderOf = (sort: string | undefined) => {
    if (table.sort === sort) return 'ascending';
    return sort && table.sort === reversed(sort) ? 'descending' : undefined;
  };
  // Where Tab comes in; none while the rows move.
  const stop = virtual.isScrolling ? -1 : Math.min(Math.max(here, virtual.range?.startIndex ?? 0), virtual.range?.endIndex ?? 0);
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const width = table.columns.length + (hasActions ? 2 : 0);

  return (
    <div className="xo-fill">
      <TableBar {...{ inventory, table, filterBox }} filter={spec.filter} problem={list.error} total={list.error ? undefined : list.total} chosen={selection.chosen} />
      {list.error && !isWrong && (
        <Alert isInline variant="danger" title={t('table.failed')}>
          <ProblemText problem={list.error} />
        </Alert>
      )}
      {isWrong && <EmptyState titleText={t('table.wrongFilter')} headingLevel="h2" />}
      {list.total === 0 && !list.error && <Empty isFiltered={table.filter !== ''} />}
      <div ref={pane} className={list.isOld ? 'xo-pane xo-old' : 'xo-pane'} tabIndex={-1} hidden={list.total === 0 || list.error !== null}>
        <table className="pf-v6-c-table pf-m-compact" role="grid" aria-label={t(inventory.label)} aria-rowcount={list.total ?? -1}>
          <thead className="pf-v6-c-table__thead" onKeyDown={leadInHead}>
            <tr className="pf-v6-c-table__tr">
              {hasActions && <CheckCell isHead label={t('table.chooseAll')} isChecked={isAllChosen} onChange={() => void chooseAll()} />}
              {table.columns.map(({ key, label, sortThrough, sort = sortThrough }, i) => {
                const order = orderOf(sort);
                return (
                  <HeadCell key={key} order={order} isStop={!hasActions && i === 0} onSort={sort ? () => table.setSort(order === 'ascending' ? reversed(sort) : sort) : undefined}>
                    {t(label)}
                  </HeadCell>
                );
              })}
              {hasActions && (
                <th scope="col" className="pf-v6-c-table__th xo-stays">
                  <span className="pf-v6-screen-reader">{t('action.menu')}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody className="pf-v6-c-table__tbody" onKeyDown={onRowKey} onFocus={onRowFocus} onBlur={onRowBlur}>
            {before > 0 && <Spacer height={before} width={width} />}
            {items.map(({ index }) => {
              const object = row(index);
              return (
                <TableRow
                  key={index}
                  {...{ index, object, collection, columns, hasActions, t }}
                  isHere={index === here}
                  isStop={index === stop}
                  isChosen={object !== undefined && selection.chosen.has(object.id)}
                  onToggle={selection.toggle}
                />
              );
            })}
            {after > 0 && <Spacer height={after} width={width} />}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** Who is no administrator sees what was granted to them: that there is nothing else, nobody can tell them. */
function Empty({ isFiltered }: { isFiltered: boolean }) {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  if (isFiltered || isAdmin) return <EmptyState titleText={t(isFiltered ? 'table.noMatch' : 'table.empty')} headingLevel="h2" />;
  return (
    <EmptyState titleText={t('rights.noneGranted')} headingLevel="h2">
      <EmptyStateBody>{t('rights.noneGrantedHelp')}</EmptyStateBody>
    </EmptyState>
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
