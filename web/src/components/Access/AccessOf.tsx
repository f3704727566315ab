// Who may do what with one object: by entries on it, and by those on what holds it.
import { Button, EmptyState } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useAcls } from '../../api/accounts.ts';
import type { Collection, Collections } from '../../api/types.ts';
import { AccessTable } from './AccessTable.tsx';
import { GrantAccess } from './GrantAccess.tsx';

export default function AccessOf({ object }: { object: Collections[Collection] }) {
  const { t } = useTranslation();
  const [isGranting, setGranting] = useState(false);
  const holders = [object.id, object.$pool, ...('$container' in object ? [object.$container] : [])];
  const entries = useAcls().data?.filter((entry) => holders.includes(entry.object));
  return (
    <>
      <div className="xo-tools">
        <Button onClick={() => setGranting(true)}>{t('rights.grant')}</Button>
      </div>
      {entries?.length === 0 && <EmptyState titleText={t('rights.onlyAdmins')} headingLevel="h2" />}
      {entries && entries.length > 0 && <AccessTable entries={entries} />}
      {isGranting && <GrantAccess object={object.id} onClose={() => setGranting(false)} />}
    </>
  );
}
