// Who may do what: entries that give users and groups a role on objects. `?who=` narrows it to one of them.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'wouter';

import { useAcls } from '../../api/accounts.ts';
import { AccessTable } from '../../components/Access/AccessTable.tsx';
import { GrantAccess } from '../../components/Access/GrantAccess.tsx';
import { Listing } from './Listing.tsx';

export function AccessTab() {
  const { t } = useTranslation();
  const who = useSearchParams()[0].get('who') ?? undefined;
  const [isGranting, setGranting] = useState(false);
  const { data, error } = useAcls();
  const entries = data?.filter(({ subject }) => who === undefined || subject === who);
  return (
    <>
      <p className="xo-tools">
        {t('rights.intro')} {who !== undefined && <Link to="/users/access">{t('rights.all')}</Link>}
      </p>
      <Listing create={t('rights.grant')} onCreate={() => setGranting(true)} error={error} count={entries?.length}>
        <AccessTable entries={entries ?? []} />
      </Listing>
      {isGranting && <GrantAccess subject={who} onClose={() => setGranting(false)} />}
    </>
  );
}

/** To the rights of a user or a group. */
export function AccessLink({ who }: { who: { id: string; name: string } }) {
  const { t } = useTranslation();
  return (
    <Link to={`/users/access?who=${who.id}`} aria-label={t('rights.of', { name: who.name })}>
      {t('rights.title')}
    </Link>
  );
}
