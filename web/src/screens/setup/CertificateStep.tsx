// What this server shows to browsers, to be compared with what it printed where it was started.
import { ActionGroup, Button, Content, DescriptionList, DescriptionListDescription, DescriptionListGroup, DescriptionListTerm } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { useSetup } from '../../api/session.ts';
import type { OwnCertificate } from '../../api/types.ts';
import { Alert } from '../../components/Alert.tsx';
import { Fingerprint } from '../../components/Fingerprint.tsx';
import { date } from '../../components/units.ts';
import { Changes } from '../appliance/Changes.tsx';
import type { StepProps } from './steps.ts';

export function CertificateStep({ onDone }: StepProps) {
  const { t } = useTranslation();
  const setup = useSetup().data;
  const certificate = setup?.certificate;
  return (
    <>
      {certificate ? (
        <Shown certificate={certificate} />
      ) : (
        <Alert isInline variant="warning" title={t('setup.noHttps')}>
          {t('setup.noHttpsHelp')}
        </Alert>
      )}
      {certificate && setup?.appliance && <Changes only={['certificate']} />}
      <ActionGroup>
        <Button onClick={onDone}>{t(certificate?.selfSigned ? 'setup.same' : 'setup.next')}</Button>
      </ActionGroup>
    </>
  );
}

function Shown({ certificate }: { certificate: OwnCertificate }) {
  const { t } = useTranslation();
  return (
    <>
      <Content component="p">{t(certificate.selfSigned ? 'setup.certificateHelp' : 'setup.vouchedHelp')}</Content>
      <DescriptionList>
        <DescriptionListGroup>
          <DescriptionListTerm>{t('setup.fingerprint')}</DescriptionListTerm>
          <DescriptionListDescription>
            <Fingerprint text={certificate.fingerprint} />
          </DescriptionListDescription>
        </DescriptionListGroup>
        <DescriptionListGroup>
          <DescriptionListTerm>{t('setup.names')}</DescriptionListTerm>
          <DescriptionListDescription>{certificate.names.join(', ')}</DescriptionListDescription>
        </DescriptionListGroup>
        <DescriptionListGroup>
          <DescriptionListTerm>{t('setup.valid')}</DescriptionListTerm>
          <DescriptionListDescription>{t('setup.validFrom', { from: date(certificate.notBefore), until: date(certificate.notAfter) })}</DescriptionListDescription>
        </DescriptionListGroup>
      </DescriptionList>
    </>
  );
}
