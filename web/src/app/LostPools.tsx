// Above every screen: which pools do not answer, and how old what is shown of them is. The overview
// says it by itself, with the cause.
import { Banner } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';

import { useIsAdmin } from '../api/permissions.ts';
import { areLost, serverName, useServers } from '../api/useServers.ts';
import { Age } from '../components/Age.tsx';
import { HOME } from './routes.tsx';

const SERVERS = '/servers';

export default function LostPools() {
  const { t } = useTranslation();
  const [pathname] = useLocation();
  // Of a pool that was never connected nothing is shown.
  const servers = useServers().data ?? [];
  const lost = areLost(servers).filter(({ poolId }) => poolId);
  const isAdmin = useIsAdmin();
  const [first] = lost;
  if (!first || pathname === HOME) return null;
  const name = serverName(first, servers);
  const oldest = Math.min(...lost.map((server) => server.lastEvent ?? Infinity));
  return (
    <Banner status="warning" isSticky screenReaderText={t('shell.warning')}>
      <span role="status">
        {lost.length === 1 && name ? t('overview.poolLost', { name }) : t('shell.poolsLost', { count: lost.length })}.{' '}
        <Age since={Number.isFinite(oldest) ? oldest : undefined} /> {isAdmin ? pathname !== SERVERS && <Link to={SERVERS}>{t('overview.look')}</Link> : t('rights.tell')}
      </span>
    </Banner>
  );
}
