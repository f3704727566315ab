// Signing in, at whatever address somebody came to: it is shown again once they are in.
import { Card, CardBody, Title } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { useTitle } from '../../app/useTitle.ts';
import { SignInForm } from './SignInForm.tsx';
import './signIn.css';

export default function SignInScreen() {
  const { t } = useTranslation();
  useTitle(t('signIn.title'));
  return (
    <main className="xo-sign-in">
      <div className="xo-sign-in-brand">
        <img src="/icon.svg" alt="" />
        <p className="xo-brand">XOA</p>
        <p>{t('signIn.about')}</p>
      </div>
      <Card>
        <CardBody className="xo-part">
          <Title headingLevel="h1">{t('signIn.title')}</Title>
          <SignInForm />
        </CardBody>
      </Card>
      {/* Which server it is, for who has several. */}
      <p className="xo-sign-in-place">{location.host}</p>
    </main>
  );
}
