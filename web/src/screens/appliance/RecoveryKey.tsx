// What opens the backups on any machine: shown to who asks for it, with the reason to keep it elsewhere.
import { Button, ClipboardCopy } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { recoveryKey } from '../../api/backups.ts';
import { toastProblem } from '../../app/toasts.ts';
import { Alert } from '../../components/Alert.tsx';

export function RecoveryKey() {
  const { t } = useTranslation();
  const [key, setKey] = useState<string>();
  const show = async () => {
    try {
      setKey(await recoveryKey());
    } catch (error) {
      toastProblem(t('backups.noKey'), error);
    }
  };
  return (
    <Alert isInline variant="warning" title={t('backups.keyTitle')}>
      <p>{t('backups.keyWhy')}</p>
      {key === undefined ? (
        <Button variant="secondary" size="sm" onClick={() => void show()}>
          {t('backups.showKey')}
        </Button>
      ) : (
        <ClipboardCopy isReadOnly hoverTip={t('copy.hint')} clickTip={t('copy.done')} textAriaLabel={t('backups.key')}>
          {key}
        </ClipboardCopy>
      )}
    </Alert>
  );
}
