// The accounts of this server, for administrators: users and groups, each at an address.
import { PageSection, Tab, Tabs, TabTitleText, Title } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';

import { useTitle } from '../../app/useTitle.ts';
import { GroupsTab } from './GroupsTab.tsx';
import { UsersTab } from './UsersTab.tsx';

const PART = 'accounts-part';
const TABS = [
  { path: '/users', label: 'users.title', Content: UsersTab },
  { path: '/users/groups', label: 'groups.title', Content: GroupsTab },
] as const;

export default function UsersScreen() {
  const { t } = useTranslation();
  const [pathname, navigate] = useLocation();
  const here = TABS.find(({ path }) => path === pathname) ?? TABS[0];
  useTitle(t(here.label));
  return (
    <>
      <PageSection>
        <Title headingLevel="h1">{t('users.title')}</Title>
      </PageSection>
      <PageSection type="tabs">
        <Tabs
          usePageInsets
          activeKey={here.path}
          aria-label={t('tab.label')}
          onSelect={(event, key) => {
            event.preventDefault();
            navigate(String(key));
          }}
        >
          {TABS.map(({ path, label }) => (
            <Tab key={path} eventKey={path} tabContentId={PART} title={<TabTitleText>{t(label)}</TabTitleText>} />
          ))}
        </Tabs>
      </PageSection>
      <PageSection isFilled id={PART} role="tabpanel" aria-label={t(here.label)}>
        <here.Content />
      </PageSection>
    </>
  );
}
