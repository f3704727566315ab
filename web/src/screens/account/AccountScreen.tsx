// The user's own account: password, looks, tokens.
import { Button, Card, CardBody, CardTitle, Gallery, PageSection, Title } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useMe } from '../../api/session.ts';
import { useTitle } from '../../app/useTitle.ts';
import { ChangePassword } from './ChangePassword.tsx';
import { Looks } from './Looks.tsx';
import { Tokens } from './Tokens.tsx';

export default function AccountScreen() {
  const { t } = useTranslation();
  const me = useMe().data;
  const [isAsking, setAsking] = useState(false);
  useTitle(t('account.title'));
  if (!me) return null;
  return (
    <>
      <PageSection>
        <Title headingLevel="h1">{t('account.title')}</Title>
      </PageSection>
      <PageSection>
        <Gallery hasGutter minWidths={{ default: '16rem' }}>
          <Card isCompact>
            <CardTitle component="h2">{me.name}</CardTitle>
            <CardBody className="xo-part">
              <p>{t(`permission.${me.permission}`)}</p>
              <div>
                <Button variant="secondary" onClick={() => setAsking(true)}>
                  {t('account.password')}
                </Button>
              </div>
            </CardBody>
          </Card>
          <Card isCompact>
            <CardTitle component="h2">{t('account.looks')}</CardTitle>
            <CardBody className="xo-part">
              <Looks />
            </CardBody>
          </Card>
        </Gallery>
      </PageSection>
      <PageSection isFilled aria-label={t('tokens.title')}>
        <Title headingLevel="h2" className="xo-bar-below">
          {t('tokens.title')}
        </Title>
        <Tokens me={me} />
      </PageSection>
      {isAsking && <ChangePassword me={me} onClose={() => setAsking(false)} />}
    </>
  );
}
