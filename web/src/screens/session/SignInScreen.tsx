// Signing in, at whatever address somebody came to: it is shown again once they are in.
import { Alert, LoginForm, LoginPage } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Problem } from '../../api/problem.ts';
import { needsOtp, signIn } from '../../api/session.ts';
import { useTitle } from '../../app/useTitle.ts';
import { ProblemText } from '../../components/ProblemText.tsx';
import { OneTimePassword } from './OneTimePassword.tsx';
import { useSecondsLeft } from './useSecondsLeft.ts';

export default function SignInScreen() {
  const { t } = useTranslation();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [remember, setRemember] = useState(false);
  const [isSending, setSending] = useState(false);
  const [isOtpAsked, setOtpAsked] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const wait = useSecondsLeft(problem);
  useTitle(t('signIn.title'));

  const submit = async (otp?: string) => {
    setSending(true);
    setProblem(undefined);
    try {
      await signIn({ username, password, remember, ...(otp && { otp }) });
    } catch (error) {
      if (error instanceof Problem) {
        if (needsOtp(error) && otp === undefined) setOtpAsked(true);
        else setProblem(error);
      }
      setSending(false);
    }
  };
  return (
    <LoginPage loginTitle={t('signIn.title')}>
      {problem && <Refused problem={problem} wait={wait} isOtp={isOtpAsked} />}
      {isOtpAsked ? (
        <OneTimePassword
          isDisabled={isSending || wait > 0}
          onSubmit={(otp) => void submit(otp)}
          onBack={() => {
            setOtpAsked(false);
            setProblem(undefined);
          }}
        />
      ) : (
        <LoginForm
          noAutoFocus={false}
          usernameLabel={t('signIn.username')}
          usernameValue={username}
          onChangeUsername={(_, value) => setUsername(value)}
          passwordLabel={t('signIn.password')}
          passwordValue={password}
          onChangePassword={(_, value) => setPassword(value)}
          rememberMeLabel={t('signIn.remember')}
          isRememberMeChecked={remember}
          onChangeRememberMe={(_, value) => setRemember(value)}
          loginButtonLabel={t('signIn.button')}
          isLoginButtonDisabled={isSending || wait > 0 || !username || !password}
          onLoginButtonClick={(event) => {
            event.preventDefault();
            void submit();
          }}
        />
      )}
    </LoginPage>
  );
}

function Refused({ problem, wait, isOtp }: { problem: Problem; wait: number; isOtp: boolean }) {
  const { t } = useTranslation();
  if (problem.status === 429) {
    return (
      <Alert isInline variant="warning" title={t('signIn.throttled')}>
        {t(wait > 0 ? 'signIn.wait' : 'signIn.again', { count: wait })}
      </Alert>
    );
  }
  if (problem.status === 401) return <Alert isInline variant="danger" title={t(isOtp ? 'signIn.wrongOtp' : 'signIn.wrong')} />;
  return (
    <Alert isInline variant="danger" title={t('signIn.failed')}>
      <ProblemText problem={problem} />
    </Alert>
  );
}
