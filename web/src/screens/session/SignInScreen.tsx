// Signing in, at whatever address somebody came to: it is shown again once they are in.
import { LoginPage } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { useTitle } from '../../app/useTitle.ts';
import { SignInForm } from './SignInForm.tsx';

export default function SignInScreen() {
  const { t } = useTranslation();
  useTitle(t('signIn.title'));
  return (
    <LoginPage loginTitle={t('signIn.title')}>
      <SignInForm />
    </LoginPage>
  );
}
