// What was seen at an address, for somebody to judge.
import { Content } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import type { Sight } from '../../api/servers.ts';
import { Alert } from '../../components/Alert.tsx';
import { Fingerprint } from '../../components/Fingerprint.tsx';

export function Certificate({ sight }: { sight: Sight }) {
  const { t } = useTranslation();
  if (!sight.encrypted) {
    return (
      <Alert isInline variant="warning" title={t('servers.plain')}>
        {t('servers.plainHelp')}
      </Alert>
    );
  }
  if (sight.vouched) return <Alert isInline variant="success" title={t('servers.vouched')} />;
  return (
    <Alert isInline variant="info" title={t('servers.unknown')}>
      <Content component="p">{t('servers.unknownHelp')}</Content>
      <Fingerprint text={sight.fingerprint ?? ''} />
    </Alert>
  );
}
