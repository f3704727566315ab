// The user's own account: password, looks, tokens.
import { Button, Card, CardBody, CardTitle, Gallery, PageSection, Title } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useMe } from '../../api/session.ts';
import { toast } from '../../app/toasts.ts';
import { useTitle } from '../../app/useTitle.ts';
import { FormModal } from '../../components/FormModal.tsx';
import { PASSWORD, setPassword } from '../../components/passwords.ts';
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
              {/* The server lets administrators set passwords, their own too; others ask one. */}
              {me.permission === 'admin' ? (
                <div>
                  <Button variant="secondary" onClick={() => setAsking(true)}>
                    {t('account.password')}
                  </Button>
                </div>
              ) : (
                <p>{t('account.askAdmin')}</p>
              )}
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
      {isAsking && (
        <FormModal
          title={t('account.password')}
          fields={PASSWORD}
          button={t('account.password')}
          onClose={() => setAsking(false)}
          send={async ({ password }) => {
            await setPassword(me.id, String(password));
            toast({ variant: 'success', title: t('account.passwordSet', { name: me.name }) });
          }}
        />
      )}
    </>
  );
}
