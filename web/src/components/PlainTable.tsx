// A table within a page, with all its rows: columns are told as data. Long lists of objects are an `ObjectTable`.
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import type { TextKey } from '../i18n.ts';

export type Column<T> = readonly [title: TextKey, cell: (row: T) => ReactNode, className?: string];

interface Props<T> {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  /** At the end of each row: buttons side by side. */
  actions?: (row: T) => ReactNode;
  /** The same, when it is one button or a menu. */
  menu?: ((row: T) => ReactNode) | undefined;
}

export function PlainTable<T extends { id: string }>({ label, rows, columns, actions, menu }: Props<T>) {
  const { t } = useTranslation();
  const last = actions ?? menu;
  return (
    <Table variant="compact" aria-label={label}>
      <Thead>
        <Tr>
          {columns.map(([title]) => (
            <Th key={title}>{t(title)}</Th>
          ))}
          {last && <Th screenReaderText={t('action.menu')} />}
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr key={row.id}>
            {columns.map(([title, cell, className]) => (
              <Td key={title} dataLabel={t(title)} {...(className !== undefined && { className })}>
                {cell(row)}
              </Td>
            ))}
            {last && <Td isActionCell={menu !== undefined}>{last(row)}</Td>}
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
