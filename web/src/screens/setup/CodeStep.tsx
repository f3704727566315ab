// The code that the server printed: whoever can read it is the owner of the machine.
import { ActionGroup, Button, Content, Form, FormGroup, FormHelperText, HelperText, HelperTextItem, TextInput } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Problem } from '../../api/problem.ts';
import { checkCode } from '../../api/setup.ts';
import { useKept } from '../../components/useKept.ts';
import { CODE } from './kept.ts';
import { Refused, tryTo } from './Refused.tsx';
import { RestoreInstead } from './RestoreInstead.tsx';
import type { StepProps } from './steps.ts';

export function CodeStep({ onDone }: StepProps) {
  const { t } = useTranslation();
  const [code, setCode] = useKept(CODE, '');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const isReady = code.trim() !== '' && !isBusy;
  const submit = async () => {
    setBusy(true);
    const refused = await tryTo(() => checkCode(code.trim()));
    setBusy(false);
    setProblem(refused);
    if (!refused) onDone();
  };
  return (
    <>
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) void submit();
        }}
      >
        <Content component="p">{t('setup.intro')}</Content>
        {problem && <Refused title={t('setup.wrongCode')} problem={problem} help={t('setup.wrongCodeHelp')} />}
        <FormGroup label={t('setup.code')} isRequired fieldId="code">
          <TextInput id="code" isRequired autoFocus autoComplete="off" autoCapitalize="characters" spellCheck={false} value={code} onChange={(_, value) => setCode(value)} />
          <FormHelperText>
            <HelperText>
              <HelperTextItem>{t('setup.codeHelp')}</HelperTextItem>
            </HelperText>
          </FormHelperText>
        </FormGroup>
        <ActionGroup>
          <Button type="submit" isDisabled={!isReady} isLoading={isBusy}>
            {t('setup.next')}
          </Button>
        </ActionGroup>
      </Form>
      <RestoreInstead code={code.trim()} />
    </>
  );
}
