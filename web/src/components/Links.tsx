// What joins objects, as a table within a page: storage on hosts, interfaces of hosts.
import { EmptyState } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useTranslation } from 'react-i18next';

import { ActionMenu } from '../actions/ActionMenu.tsx';
import { actionsOf } from '../actions/index.ts';
import type { Collections } from '../api/types.ts';
import { useAll } from '../api/useList.ts';
import type { TextKey } from '../i18n.ts';
import { LINK_COLUMNS, type LinkCollection, type LinkColumn, type LinkNames } from './linkColumns.tsx';

interface Props<C extends LinkCollection> {
  collection: C;
  label: TextKey;
  filter: string;
  sort: string;
  /** Names in `linkColumns.tsx`. */
  columns: readonly LinkNames[C][];
}

export function Links<C extends LinkCollection>({ collection, label, filter, sort, columns: names }: Props<C>) {
  const { t } = useTranslation();
  const columns = names.map((name): LinkColumn<Collections[C]> => LINK_COLUMNS[collection][name]);
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
