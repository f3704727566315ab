// The console of a host: that of its control domain.
import { EmptyState } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import type { Host } from '../../api/types.ts';
import Console from '../../components/Console/Console.tsx';

export default function ConsoleTab({ object: host }: { object: Host }) {
  const { t } = useTranslation();
  if (!host.controlDomain) return <EmptyState titleText={t('console.none')} headingLevel="h2" />;
  return <Console id={host.controlDomain} name={host.name_label} isRunning={host.power_state === 'Running'} ownWindow={`/console/hosts/${host.id}`} />;
}
