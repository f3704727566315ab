// What runs and what ran: the tasks of this server that the user may see.
import { PageSection, Title } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { useTitle } from '../../app/useTitle.ts';
import { History } from './History.tsx';
import { Running } from './Running.tsx';

export default function TasksScreen() {
  const { t } = useTranslation();
  useTitle(t('tasks.title'));
  return (
    <>
      <PageSection>
        <Title headingLevel="h1">{t('tasks.title')}</Title>
      </PageSection>
      <PageSection aria-label={t('tasks.now')}>
        <Title headingLevel="h2">{t('tasks.now')}</Title>
        <Running />
      </PageSection>
      <PageSection isFilled aria-label={t('tasks.history')}>
        <Title headingLevel="h2" className="xo-bar-below">
          {t('tasks.history')}
        </Title>
        <History />
      </PageSection>
    </>
  );
}
