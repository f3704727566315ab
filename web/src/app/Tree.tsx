// Pool > host > VM. Pools and hosts are always there; VMs are asked for where a host is open, and only the rows on screen are drawn.
import { Button } from '@patternfly/react-core';
import AngleDownIcon from '@patternfly/react-icons/dist/esm/icons/angle-down-icon';
import AngleRightIcon from '@patternfly/react-icons/dist/esm/icons/angle-right-icon';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import type { Collection, Named } from '../api/types.ts';
import { useAll } from '../api/useList.ts';
import { oneOf } from '../components/filterText.ts';
import { pathOf } from './paths.ts';

const ROW_PX = 30;
const INDENT_REM = 1;
const MAX_ROWS = 1000;

interface Row {
  collection: Collection;
  object: Named;
  depth: number;
  /** Whether it is open; what has nothing below is neither. */
  isOpen?: boolean;
}

export function Tree() {
  const { t } = useTranslation();
  const pane = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const pools = useAll('pools', '', ['id', 'name_label']);
  const hosts = useAll('hosts', '', ['id', 'name_label', '$pool'], 'name_label', MAX_ROWS);
  const below = open.size > 0 ? oneOf('$container', [...open]) : undefined;
  const vms = useAll('vms', below, ['id', 'name_label', '$container'], 'name_label', MAX_ROWS);

  const rows: Row[] = [];
  const addVms = (container: string, depth: number) => {
    for (const vm of vms.rows) if (vm.$container === container && open.has(container)) rows.push({ collection: 'vms', object: vm, depth });
  };
  for (const pool of pools.rows) {
    rows.push({ collection: 'pools', object: pool, depth: 0, isOpen: open.has(pool.id) });
    for (const host of hosts.rows.filter((one) => one.$pool === pool.id)) {
      rows.push({ collection: 'hosts', object: host, depth: 1, isOpen: open.has(host.id) });
      addVms(host.id, 2);
    }
    addVms(pool.id, 1);
  }

  const toggle = (id: string) => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  // eslint-disable-next-line react-hooks/incompatible-library -- TanStack Virtual's own state is not to be memoised
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => pane.current, estimateSize: () => ROW_PX, overscan: 10 });
  return (
    <div ref={pane} className="xo-tree" role="tree" aria-label={t('tree.label')}>
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          if (!row) return null;
          const { collection, object, depth, isOpen } = row;
          const path = pathOf(collection, object.id);
          return (
            <div
              key={object.id}
              role="treeitem"
              aria-level={depth + 1}
              {...(isOpen !== undefined && { 'aria-expanded': isOpen })}
              className="xo-tree-row"
              style={{ position: 'absolute', top: start, height: ROW_PX, paddingInlineStart: `${(isOpen === undefined ? depth + 1 : depth) * INDENT_REM}rem`, width: '100%' }}
            >
              {isOpen !== undefined && (
                <Button
                  variant="plain"
                  size="sm"
                  hasNoPadding
                  icon={isOpen ? <AngleDownIcon /> : <AngleRightIcon />}
                  aria-label={t(isOpen ? 'tree.close' : 'tree.open', { name: object.name_label })}
                  onClick={() => toggle(object.id)}
                />
              )}
              {path ? <Link to={path}>{object.name_label}</Link> : <span>{object.name_label}</span>}
            </div>
          );
        })}
      </div>
    </div>
  );
}
