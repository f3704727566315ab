// One list of the inventory, as `collections.tsx` describes it.
import { Button, PageSection, Title } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import type { Collection } from '../../api/types.ts';
import { NotFound } from '../../app/NotFound.tsx';
import { useMakerPools } from '../../app/pools.tsx';
import { useTitle } from '../../app/useTitle.ts';
import { ObjectTable } from '../../components/ObjectTable/ObjectTable.tsx';
import { inventoryOf } from './collections.tsx';

export default function InventoryScreen({ collection }: { collection: Collection }) {
  const { t } = useTranslation();
  const inventory = inventoryOf(collection);
  const mayMakeVms = useMakerPools().pools.length > 0;
  const title = inventory ? t(inventory.label) : '';
  useTitle(title);
  if (!inventory) return <NotFound />;
  return (
    <PageSection isFilled padding={{ default: 'noPadding' }} className="xo-fill">
      <PageSection>
        <div className="xo-heading">
          <Title headingLevel="h1">{title}</Title>
          {collection === 'vms' && mayMakeVms && (
            <Button component={(props) => <Link {...props} to="/create-vm" />}>{t('create.title')}</Button>
          )}
        </div>
      </PageSection>
      <ObjectTable inventory={inventory} />
    </PageSection>
  );
}
