// The last step of the first visit: the first pool. It may be left out; a server that has one needs it no more.
import { Button, Content, LoginPage } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Redirect, useLocation } from 'wouter';

import { useServers } from '../../api/servers.ts';
import { HOME } from '../../app/routes.tsx';
import { useTitle } from '../../app/useTitle.ts';
import { PoolForm } from '../servers/PoolForm.tsx';

export default function FirstPoolScreen() {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const { data: servers, isPending } = useServers();
  useTitle(t('setup.pool'));
  if (servers && servers.length > 0) return <Redirect replace to={HOME} />;
  if (isPending) return null;
  const home = () => go(HOME, { replace: true });
  return (
    <LoginPage loginTitle={t('setup.pool')}>
      <Content component="p">{t('setup.poolIntro')}</Content>
      <PoolForm onDone={home}>
        <Button variant="link" onClick={home}>
          {t('setup.later')}
        </Button>
      </PoolForm>
    </LoginPage>
  );
}
