// Whether something is connected.
import { Label } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

export function Attached({ is }: { is: boolean }) {
  const { t } = useTranslation();
  return (
    <Label isCompact color={is ? 'green' : 'grey'}>
      {t(is ? 'devices.connected' : 'devices.disconnected')}
    </Label>
  );
}
