// A password: it can be shown, so that a slip is seen.
import { Button, InputGroup, InputGroupItem, TextInput, type TextInputProps } from '@patternfly/react-core';
import EyeIcon from '@patternfly/react-icons/dist/esm/icons/eye-icon';
import EyeSlashIcon from '@patternfly/react-icons/dist/esm/icons/eye-slash-icon';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

export function PasswordInput(props: Omit<TextInputProps, 'type' | 'ref'>) {
  const { t } = useTranslation();
  const [isShown, setShown] = useState(false);
  return (
    <InputGroup>
      <InputGroupItem isFill>
        <TextInput autoComplete="new-password" {...props} type={isShown ? 'text' : 'password'} />
      </InputGroupItem>
      <InputGroupItem>
        <Button variant="control" aria-label={t(isShown ? 'setup.hide' : 'setup.show')} icon={isShown ? <EyeSlashIcon /> : <EyeIcon />} onClick={() => setShown(!isShown)} />
      </InputGroupItem>
    </InputGroup>
  );
}
