// One row. It is drawn again only when what it shows has changed: a list of which one row changes, or that is scrolled, draws little.
import type { TFunction } from 'i18next';
import { memo } from 'react';

import { ActionMenu } from '../../actions/ActionMenu.tsx';
import type { Collection, Collections } from '../../api/types.ts';
import type { Column } from './inventory.ts';
import { CheckCell } from './parts.tsx';

export const ROW_PX = 46;

interface Props<C extends Collection> {
  index: number;
  /** `undefined` while it is not known. */
  object: Collections[C] | undefined;
  collection: C;
  columns: readonly Column<Collections[C]>[];
  hasActions: boolean;
  /** The keyboard's place. */
  isHere: boolean;
  /** Whether Tab comes in here. */
  isStop: boolean;
  isChosen: boolean;
  onToggle: (object: Collections[C]) => void;
  t: TFunction;
}

function Row<C extends Collection>({ index, object, collection, columns, hasActions, isHere, isStop, isChosen, onToggle, t }: Props<C>) {
  return (
    <tr aria-rowindex={index + 1} className={`pf-v6-c-table__tr${isHere ? ' xo-here' : ''}`} style={{ height: ROW_PX }} {...(isStop && { tabIndex: 0 })}>
      {hasActions &&
        (object ? <CheckCell label={t('table.choose', { name: object.name_label })} isChecked={isChosen} onChange={() => onToggle(object)} /> : <td />)}
      {columns.map((column) => (
        <td key={column.key} className="pf-v6-c-table__td pf-m-nowrap">
          {object && column.cell(object)}
        </td>
      ))}
      {hasActions && <td className="pf-v6-c-table__td pf-v6-c-table__action xo-stays">{object && <ActionMenu collection={collection} objects={[object]} />}</td>}
    </tr>
  );
}

export const TableRow = memo(Row) as typeof Row;
