// What joins objects, as a table within a page: storage on hosts, interfaces of hosts.
import { EmptyState } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { ActionMenu } from '../actions/ActionMenu.tsx';
import { actionsOf } from '../actions/index.ts';
import type { Collections } from '../api/types.ts';
import { useAll } from '../api/useList.ts';
import type { TextKey } from '../i18n.ts';
import { LINK_COLUMNS, type LinkCollection, type LinkNames } from './linkColumns.tsx';
import { PlainTable, type Column } from './PlainTable.tsx';

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
  const columns = names.map((name): Column<Collections[C]> => LINK_COLUMNS[collection][name]);
  const { rows, total } = useAll(collection, filter, ['*'], sort, 200);
  const hasActions = actionsOf(collection).length > 0;
  if (total === 0) return <EmptyState titleText={t('table.empty')} headingLevel="h2" />;
  return (
    <PlainTable
      label={t(label)}
      rows={rows}
      columns={columns}
      menu={hasActions ? (row) => <ActionMenu collection={collection} objects={[row]} /> : undefined}
    />
  );
}
