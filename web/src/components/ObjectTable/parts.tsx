// The elements of a table in PatternFly's look. Its own table parts weigh more than all lists, since they can do much that no list here does.
import '@patternfly/react-styles/css/components/Table/table.css';

import AngleDownIcon from '@patternfly/react-icons/dist/esm/icons/long-arrow-alt-down-icon';
import AngleUpIcon from '@patternfly/react-icons/dist/esm/icons/long-arrow-alt-up-icon';
import type { ReactNode } from 'react';

interface HeadProps {
  children: ReactNode;
  /** Which way it is sorted by this column; `undefined` when by another one. */
  order?: 'ascending' | 'descending' | undefined;
  onSort?: (() => void) | undefined;
  /** Whether Tab comes in here: the head is one stop. */
  isStop: boolean;
}

export function HeadCell({ children, order, onSort, isStop }: HeadProps) {
  const sorted = onSort ? ` pf-v6-c-table__sort${order ? ' pf-m-selected' : ''}` : '';
  return (
    <th scope="col" className={`pf-v6-c-table__th pf-m-nowrap${sorted}`} {...(order && { 'aria-sort': order })}>
      {onSort ? (
        <button type="button" className="pf-v6-c-table__button" tabIndex={isStop ? 0 : -1} onClick={onSort}>
          <span className="pf-v6-c-table__button-content">
            <span className="pf-v6-c-table__text">{children}</span>
            {order && <span className="pf-v6-c-table__sort-indicator">{order === 'ascending' ? <AngleUpIcon /> : <AngleDownIcon />}</span>}
          </span>
        </button>
      ) : (
        children
      )}
    </th>
  );
}

interface CheckProps {
  isHead?: boolean;
  label: string;
  isChecked: boolean;
  onChange: () => void;
}

export function CheckCell({ isHead, label, isChecked, onChange }: CheckProps) {
  const Cell = isHead ? 'th' : 'td';
  return (
    <Cell className={`pf-v6-c-table__${isHead ? 'th' : 'td'} pf-v6-c-table__check`}>
      <label className="xo-check">
        <input type="checkbox" aria-label={label} checked={isChecked} onChange={onChange} />
      </label>
    </Cell>
  );
}
