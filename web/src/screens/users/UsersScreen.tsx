// The accounts of this server, for administrators: users, groups and who may do what, each at an address.
import { PageSection, Title } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';

import { useTitle } from '../../app/useTitle.ts';
import { PageTabs } from '../../components/PageTabs.tsx';
import { AccessTab } from './AccessTab.tsx';
import { GroupsTab } from './GroupsTab.tsx';
import { UsersTab } from './UsersTab.tsx';

const TABS = [
  { path: '/users', label: 'users.title', Content: UsersTab },
  { path: '/users/groups', label: 'groups.title', Content: GroupsTab },
  { path: '/users/access', label: 'rights.title', Content: AccessTab },
] as const;

export default function UsersScreen() {
  const { t } = useTranslation();
  const [pathname] = useLocation();
  const here = TABS.find(({ path }) => path === pathname) ?? TABS[0];
  useTitle(t(here.label));
  return (
    <>
      <PageSection>
        <Title headingLevel="h1">{t('users.screen')}</Title>
      </PageSection>
      <PageTabs tabs={TABS} chosen={here.path}>
        <here.Content />
      </PageTabs>
    </>
  );
}
