// The first account. Once it is made, whoever made it is signed in, and the wizard goes on by itself.
import { ActionGroup, Button, Content, Form, FormGroup, FormHelperText, HelperText, TextInput } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Redirect } from 'wouter';

import type { Problem } from '../../api/problem.ts';
import { setUpAdmin } from '../../api/session.ts';
import { SETUP_STEP } from '../../app/paths.ts';
import { Note } from '../../components/Note.tsx';
import { PasswordInput } from '../../components/PasswordInput.tsx';
import { SHORTEST } from '../../components/passwords.ts';
import { forgetKept, useKept } from '../../components/useKept.ts';
import { CODE, USERNAME } from './kept.ts';
import { Refused, tryTo } from './Refused.tsx';

const TO_CODE = SETUP_STEP.replace(':step', 'code');

export function AdministratorStep() {
  const { t } = useTranslation();
  const [code] = useKept(CODE, '');
  const [username, setUsername] = useKept(USERNAME, 'admin');
  const [password, setPassword] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  if (code.trim() === '') return <Redirect replace to={TO_CODE} />;

  const isShort = [...password].length < SHORTEST;
  // What nobody has typed yet is not called wrong.
  const variant = isShort && password !== '' ? 'error' : undefined;
  const isReady = username.trim() !== '' && !isShort && !isBusy;
  const submit = async () => {
    setBusy(true);
    const refused = await tryTo(() => setUpAdmin(code.trim(), username.trim(), password));
    if (refused) {
      setProblem(refused);
      setBusy(false);
    } else forgetKept(CODE);
  };
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) void submit();
      }}
    >
      <Content component="p">{t('setup.administratorHelp')}</Content>
      {problem && <Refused title={t('setup.failed')} problem={problem} />}
      <FormGroup label={t('signIn.username')} isRequired fieldId="username">
        <TextInput id="username" isRequired autoComplete="username" value={username} onChange={(_, value) => setUsername(value)} />
      </FormGroup>
      <FormGroup label={t('signIn.password')} isRequired fieldId="password">
        <PasswordInput id="password" isRequired autoFocus value={password} onChange={(_, value) => setPassword(value)} aria-describedby="password-help" {...(variant && { validated: variant })} />
        <FormHelperText>
          <HelperText id="password-help" isLiveRegion={variant !== undefined}>
            <Note variant={variant}>{t('setup.passwordHelp', { count: SHORTEST })}</Note>
          </HelperText>
        </FormHelperText>
      </FormGroup>
      <ActionGroup>
        <Button type="submit" isDisabled={!isReady} isLoading={isBusy}>
          {t('setup.button')}
        </Button>
      </ActionGroup>
    </Form>
  );
}
