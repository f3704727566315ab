// The first visit: the code that the server printed, then the first administrator.
import { ActionGroup, Alert, Button, Content, Form, FormGroup, FormHelperText, HelperText, HelperTextItem, LoginPage, TextInput } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';

import { Problem } from '../../api/problem.ts';
import { setUpAdmin } from '../../api/session.ts';
import { FIRST_POOL } from '../../app/routes.tsx';
import { useTitle } from '../../app/useTitle.ts';
import { ProblemText } from '../../components/ProblemText.tsx';

const SHORTEST = 8;

export default function SetupScreen() {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const [username, setUsername] = useState('admin');
  const [password, setPassword] = useState('');
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [, go] = useLocation();
  useTitle(t('setup.title'));

  const submit = async () => {
    setSending(true);
    setProblem(undefined);
    try {
      // Before it, so that a reload or a new sign-in goes on there.
      go(FIRST_POOL, { replace: true });
      await setUpAdmin(code.trim(), username.trim(), password);
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
      setSending(false);
    }
  };
  const isReady = code.trim() !== '' && username.trim() !== '' && password.length >= SHORTEST;
  return (
    <LoginPage loginTitle={t('setup.title')}>
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady && !isSending) void submit();
        }}
      >
        <Content component="p">{t('setup.intro')}</Content>
        {problem && (
          <Alert isInline variant="danger" title={t('setup.failed')}>
            <ProblemText problem={problem} />
          </Alert>
        )}
        <FormGroup label={t('setup.code')} isRequired fieldId="code">
          <TextInput id="code" isRequired autoComplete="one-time-code" value={code} onChange={(_, value) => setCode(value)} />
          <FormHelperText>
            <HelperText>
              <HelperTextItem>{t('setup.codeHelp')}</HelperTextItem>
            </HelperText>
          </FormHelperText>
        </FormGroup>
        <FormGroup label={t('signIn.username')} isRequired fieldId="username">
          <TextInput id="username" isRequired autoComplete="username" value={username} onChange={(_, value) => setUsername(value)} />
        </FormGroup>
        <FormGroup label={t('signIn.password')} isRequired fieldId="password">
          <TextInput id="password" isRequired type="password" autoComplete="new-password" value={password} onChange={(_, value) => setPassword(value)} />
          <FormHelperText>
            <HelperText>
              <HelperTextItem>{t('setup.passwordHelp', { count: SHORTEST })}</HelperTextItem>
            </HelperText>
          </FormHelperText>
        </FormGroup>
        <ActionGroup>
          <Button type="submit" variant="primary" isBlock isDisabled={!isReady || isSending} isLoading={isSending}>
            {t('setup.button')}
          </Button>
        </ActionGroup>
      </Form>
    </LoginPage>
  );
}
