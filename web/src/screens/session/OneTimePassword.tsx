// The second factor: what the user's device shows now.
import { ActionGroup, Button, Content, Form, FormGroup, TextInput } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  isDisabled: boolean;
  onSubmit: (otp: string) => void;
  onBack: () => void;
}

export function OneTimePassword({ isDisabled, onSubmit, onBack }: Props) {
  const { t } = useTranslation();
  const [otp, setOtp] = useState('');
  const code = otp.replaceAll(/\s/g, '');
  const canSend = code !== '' && !isDisabled;
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        if (canSend) onSubmit(code);
      }}
    >
      <Content component="p">{t('signIn.otpHelp')}</Content>
      <FormGroup label={t('signIn.otp')} isRequired fieldId="otp">
        <TextInput id="otp" isRequired autoFocus inputMode="numeric" autoComplete="one-time-code" value={otp} onChange={(_, value) => setOtp(value)} />
      </FormGroup>
      <ActionGroup>
        <Button type="submit" variant="primary" isBlock isDisabled={!canSend}>
          {t('signIn.button')}
        </Button>
        <Button variant="link" isBlock onClick={onBack}>
          {t('signIn.back')}
        </Button>
      </ActionGroup>
    </Form>
  );
}
