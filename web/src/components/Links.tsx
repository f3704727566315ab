// What joins objects, as a table within a page: storage on hosts, interfaces of hosts.
import { EmptyState } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { ActionMenu } from '../actions/ActionMenu.tsx';
import { actionsOf } from '../actions/index.ts';
import type { Collection, Collections } from '../api/types.ts';
import { useAll } from '../api/useList.ts';
import type { TextKey } from '../i18n.ts';

interface Props<C extends Collection> {
  collection: C;
  label: TextKey;
  filter: string;
  sort: string;
  columns: readonly (readonly [TextKey, (link: Collections[C]) => ReactNode])[];
}

export function Links<C extends Collection>({ collection, label, filter, sort, columns }: Props<C>) {
  const { t } = useTranslation();
  const { rows, total } = useAll(collection, filter, ['*'], sort, 200);
  const hasActions = actionsOf(collection).length > 0;
  if (total === 0) return <EmptyState titleText={t('table.empty')} headingLevel="h2" />;
  return (
    <Table variant="compact" aria-label={t(label)}>
      <Thead>
        <Tr>
          {columns.map(([title]) => (
            <Th key={title}>{t(title)}</Th>
          ))}
          {hasActions && <Th screenReaderText={t('action.menu')} />}
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr key={row.id}>
            {columns.map(([title, cell]) => (
              <Td key={title} dataLabel={t(title)}>
                {cell(row)}
              </Td>
            ))}
            {hasActions && (
              <Td isActionCell>
                <ActionMenu collection={collection} objects={[row]} />
              </Td>
            )}
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
