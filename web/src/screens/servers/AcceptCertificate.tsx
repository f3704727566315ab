// A host shows another certificate than it did: both, to be compared, and one click that believes the new one and connects.
import { DescriptionList, DescriptionListDescription, DescriptionListGroup, DescriptionListTerm } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { changeServer } from '../../api/servers.ts';
import type { Server } from '../../api/types.ts';
import { Fingerprint } from '../../components/Fingerprint.tsx';
import { FormModal } from '../../components/FormModal.tsx';

interface Props {
  /** As it was when somebody asked: what is shown is what is accepted, even if the host shows yet another one by then. */
  server: Server;
  name: string;
  onClose: () => void;
}

export function AcceptCertificate({ server, name, onClose }: Props) {
  const { t } = useTranslation();
  const presented = server.error?.presented ?? '';
  const accepted = server.error?.accepted ?? [];
  return (
    <FormModal
      title={t('servers.acceptTitle', { name })}
      text={t('servers.acceptHelp')}
      button={t('servers.accept')}
      failed={t('servers.notEnabled', { name })}
      send={() => changeServer(server, { fingerprint: presented })}
      onClose={onClose}
    >
      <DescriptionList isCompact>
        <DescriptionListGroup>
          <DescriptionListTerm>{t('servers.before')}</DescriptionListTerm>
          <DescriptionListDescription>{accepted.length === 0 ? t('servers.byAuthority') : accepted.map((one) => <Fingerprint key={one} text={one} />)}</DescriptionListDescription>
        </DescriptionListGroup>
        <DescriptionListGroup>
          <DescriptionListTerm>{t('servers.now')}</DescriptionListTerm>
          <DescriptionListDescription>
            <Fingerprint text={presented} />
          </DescriptionListDescription>
        </DescriptionListGroup>
      </DescriptionList>
    </FormModal>
  );
}
