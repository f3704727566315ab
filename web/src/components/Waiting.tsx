// Stands where a whole page is to come.
import { Bullseye, Spinner } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

export function Waiting() {
  const { t } = useTranslation();
  return (
    <Bullseye>
      <Spinner aria-label={t('shell.loading')} />
    </Bullseye>
  );
}
