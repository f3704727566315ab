// The form to sign in with, where it is wanted: the whole page, or a dialog over it. Asks for the second factor when there is one.
import { LoginForm } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Problem } from '../../api/problem.ts';
import { needsOtp, signIn } from '../../api/session.ts';
import { Alert } from '../../components/Alert.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';
import { OneTimePassword } from './OneTimePassword.tsx';
import { useSecondsLeft } from './useSecondsLeft.ts';

/** `name`: who it was before. */
export function SignInForm({ name = '' }: { name?: string }) {
  const { t } = useTranslation();
  const [username, setUsername] = useState(name);
  const [password, setPassword] = useState('');
  const [remember, setRemember] = useState(false);
  const [isSending, setSending] = useState(false);
  const [isOtpAsked, setOtpAsked] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const wait = useSecondsLeft(problem);

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
    <div className="xo-part">
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
          noAutoFocus={name !== ''}
          usernameLabel={t('signIn.username')}
          usernameValue={username}
          onChangeUsername={(_, value) => setUsername(value)}
          passwordLabel={t('signIn.password')}
          passwordValue={password}
          isShowPasswordEnabled
          showPasswordAriaLabel={t('setup.show')}
          hidePasswordAriaLabel={t('setup.hide')}
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
    </div>
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
