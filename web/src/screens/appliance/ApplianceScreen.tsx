// The appliance, for administrators: its state and settings, its updates, backups of it, each at an address.
import { PageSection, Title } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';

import { useApplianceAfterLoss } from '../../api/appliance.ts';
import { useTitle } from '../../app/useTitle.ts';
import { PageTabs } from '../../components/PageTabs.tsx';
import { BackupsTab } from './BackupsTab.tsx';
import { StateTab } from './StateTab.tsx';
import { UpdatesTab } from './UpdatesTab.tsx';
import './appliance.css';

const TABS = [
  { path: '/appliance', label: 'appliance.state', Content: StateTab },
  { path: '/appliance/updates', label: 'updates.title', Content: UpdatesTab },
  { path: '/appliance/backups', label: 'backups.title', Content: BackupsTab },
] as const;

export default function ApplianceScreen() {
  const { t } = useTranslation();
  const [pathname] = useLocation();
  const here = TABS.find(({ path }) => path === pathname) ?? TABS[0];
  useApplianceAfterLoss();
  useTitle(`${t('appliance.title')} – ${t(here.label)}`);
  return (
    <>
      <PageSection>
        <Title headingLevel="h1">{t('appliance.title')}</Title>
      </PageSection>
      <PageTabs tabs={TABS} chosen={here.path}>
        <here.Content />
      </PageTabs>
    </>
  );
}
