// Signing in, at whatever address somebody came to: it is shown again once they are in.
import { Alert, LoginForm, LoginPage } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Problem } from '../../api/problem.ts';
import { signIn } from '../../api/session.ts';
import { useTitle } from '../../app/useTitle.ts';
import { ProblemText } from '../../components/ProblemText.tsx';

export default function SignInScreen() {
  const { t } = useTranslation();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [remember, setRemember] = useState(false);
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  useTitle(t('signIn.title'));

  const submit = async () => {
    setSending(true);
    setProblem(undefined);
    try {
      await signIn({ username, password, remember });
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
      setSending(false);
    }
  };
  return (
    <LoginPage loginTitle={t('signIn.title')}>
      {problem && (
        <Alert isInline variant="danger" title={t(problem.status === 401 ? 'signIn.wrong' : 'signIn.failed')}>
          {problem.status !== 401 && <ProblemText problem={problem} />}
        </Alert>
      )}
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
        isLoginButtonDisabled={isSending || !username || !password}
        onLoginButtonClick={(event) => {
          event.preventDefault();
          void submit();
        }}
      />
    </LoginPage>
  );
}
