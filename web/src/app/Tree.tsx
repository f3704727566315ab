// Pool > host > VM, as `treeRows.ts` lays it out; only the rows on screen are drawn. One stop for Tab: arrows lead from row to row, left and
// right close and open, Enter goes to the object.
import { Button } from '@patternfly/react-core';
import AngleDownIcon from '@patternfly/react-icons/dist/esm/icons/angle-down-icon';
import AngleRightIcon from '@patternfly/react-icons/dist/esm/icons/angle-right-icon';
import WarningIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';

import { useAll } from '../api/useList.ts';
import { areLost, useServers } from '../api/useServers.ts';
import { oneOf } from '../components/filterText.ts';
import { pathOf } from './paths.ts';
import { usePools } from './pools.tsx';
import { openContainers, rowsOf, type Row } from './treeRows.ts';

const ROW_PX = 30;
const INDENT_REM = 1;
const MAX_ROWS = 1000;

export function Tree() {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const pane = useRef<HTMLDivElement>(null);
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const { pools } = usePools();
  const hosts = useAll('hosts', '', ['id', 'name_label', '$pool'], 'name_label', MAX_ROWS).rows;
  const containers = openContainers({ pools, hosts, turned });
  const vms = useAll('vms', containers.length > 0 ? oneOf('$container', containers) : undefined, ['id', 'name_label', '$container'], 'name_label', MAX_ROWS).rows;
  const lost = new Set(areLost(useServers().data ?? []).map(({ poolId }) => poolId));
  const rows = rowsOf({ pools, hosts, vms, turned });

  const turn = (key: string) => {
    const next = new Set(turned);
    if (!next.delete(key)) next.add(key);
    setTurned(next);
  };
  // eslint-disable-next-line react-hooks/incompatible-library -- TanStack Virtual's own state is not to be memoised
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => pane.current, estimateSize: () => ROW_PX, overscan: 10 });

  const [chosen, setHere] = useState(0);
  const here = Math.min(chosen, Math.max(0, rows.length - 1));
  const [isLed, setLed] = useState(false);
  useEffect(() => {
    // The row may have to be drawn first.
    if (isLed) pane.current?.querySelector<HTMLElement>(`[data-index="${here}"]`)?.focus();
  }, [here, isLed]);
  const lead = (to: number) => {
    const next = Math.min(Math.max(to, 0), rows.length - 1);
    setLed(true);
    setHere(next);
    virtual.scrollToIndex(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[here];
    if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
    const path = row.object && pathOf(row.collection, row.object.id);
    const parent = rows.slice(0, here).findLastIndex(({ depth }) => depth < row.depth);
    const acts: Record<string, () => void> = {
      ArrowDown: () => lead(here + 1),
      ArrowUp: () => lead(here - 1),
      Home: () => lead(0),
      End: () => lead(rows.length - 1),
      ArrowRight: () => (row.isOpen === false ? turn(row.key) : row.isOpen && lead(here + 1)),
      ArrowLeft: () => (row.isOpen ? turn(row.key) : parent >= 0 && lead(parent)),
      Enter: () => (path ? navigate(path) : turn(row.key)),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };

  return (
    <div ref={pane} className="xo-tree" role="tree" aria-label={t('tree.label')} onKeyDown={onKeyDown} onBlur={() => setLed(false)}>
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="presentation">
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          return row && <TreeRow key={row.key} {...{ row, index, start }} isHere={index === here} isLost={row.collection === 'pools' && lost.has(row.key)} onTurn={() => turn(row.key)} onHere={() => setHere(index)} />;
        })}
      </div>
    </div>
  );
}

interface RowProps {
  row: Row;
  index: number;
  start: number;
  /** Where Tab comes in. */
  isHere: boolean;
  /** A pool that does not answer. */
  isLost: boolean;
  onTurn: () => void;
  onHere: () => void;
}

function TreeRow({ row: { collection, object, depth, isOpen }, index, start, isHere, isLost, onTurn, onHere }: RowProps) {
  const { t } = useTranslation();
  const path = object && pathOf(collection, object.id);
  const name = object?.name_label ?? t('tree.off');
  const lost = isLost ? t('overview.poolLost', { name }) : undefined;
  return (
    <div
      data-index={index}
      role="treeitem"
      tabIndex={isHere ? 0 : -1}
      aria-label={lost ?? name}
      aria-level={depth + 1}
      {...(isOpen !== undefined && { 'aria-expanded': isOpen })}
      className="xo-tree-row"
      style={{ position: 'absolute', top: start, height: ROW_PX, paddingInlineStart: `${(isOpen === undefined ? depth + 1 : depth) * INDENT_REM}rem`, width: '100%' }}
      onClick={onHere}
    >
      {isOpen !== undefined && (
        <Button
          variant="plain"
          size="sm"
          hasNoPadding
          tabIndex={-1}
          icon={isOpen ? <AngleDownIcon /> : <AngleRightIcon />}
          aria-label={t(isOpen ? 'tree.close' : 'tree.open', { name })}
          onClick={onTurn}
        />
      )}
      {path ? (
        <Link to={path} tabIndex={-1}>
          {name}
        </Link>
      ) : (
        <span>{name}</span>
      )}
      {lost && (
        <span title={lost}>
          <WarningIcon aria-hidden color="var(--pf-t--global--icon--color--status--warning--default)" />
        </span>
      )}
    </div>
  );
}
