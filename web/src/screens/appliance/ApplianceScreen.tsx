// The appliance: how it is, what it is reached by, and what can be changed of it.
import { Alert, Button, PageSection, Title } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useAppliance, useApplianceAgain, useApplianceNetwork } from '../../api/appliance.ts';
import { addressOf, send } from '../../api/http.ts';
import { Problem } from '../../api/problem.ts';
import { useTitle } from '../../app/useTitle.ts';
import { Facts } from '../../components/Facts.tsx';
import { FormModal } from '../../components/FormModal.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';
import { bytes, day } from '../../components/units.ts';
import { Waiting } from '../../components/Waiting.tsx';
import { DIALOGS, type Dialog } from './dialogs.ts';
import { SelfCheckPart } from './SelfCheckPart.tsx';
import { Trial } from './Trial.tsx';
import './appliance.css';

export default function ApplianceScreen() {
  const { t } = useTranslation();
  const { data: status, error } = useAppliance();
  const network = useApplianceNetwork().data;
  const again = useApplianceAgain();
  const [dialog, setDialog] = useState<Dialog>();
  useTitle(t('appliance.title'));
  if (error instanceof Problem) {
    return (
      <PageSection>
        <Alert isInline variant="danger" title={t('appliance.title')}>
          <ProblemText problem={error} />
        </Alert>
      </PageSection>
    );
  }
  if (!status) return <Waiting />;
  const { health, slots, disk, memory, certificate } = status;
  return (
    <>
      <PageSection>
        <Title headingLevel="h1">{t('appliance.title')}</Title>
      </PageSection>
      <PageSection>
        <div className="xo-appliance-page">
          {network && <Trial network={network} />}
          {health.state !== 'ok' && <Alert isInline variant={health.state === 'failed' ? 'danger' : 'warning'} title={health.text} />}
          <Facts
            cards={[
              [
                'appliance.state',
                [
                  ['appliance.name', status.hostname],
                  ['appliance.version', status.version],
                  ['appliance.slot', slots.running],
                  ['appliance.diskFree', disk && `${bytes(disk.freeBytes)} / ${bytes(disk.totalBytes)}`],
                  ['appliance.memoryFree', memory && `${bytes(memory.availableBytes)} / ${bytes(memory.totalBytes)}`],
                ],
              ],
              [
                'appliance.network',
                [
                  ['appliance.mode', network && (network.kept.mode === 'dhcp' ? 'DHCP' : network.kept.addresses.join(', '))],
                  ['appliance.urls', status.urls.join(', ')],
                  ['appliance.gateways', network?.now.gateways.join(', ')],
                  ['appliance.dns', network?.now.dns.join(', ')],
                ],
              ],
              [
                'appliance.certificate',
                [
                  ['setup.fingerprint', certificate && <span className="xo-appliance-code">{certificate.fingerprint}</span>],
                  ['appliance.until', certificate && day(certificate.notAfter)],
                ],
              ],
            ]}
          />
          <div className="xo-appliance-bar">
            {DIALOGS.map((one) => (
              <Button key={one.id} variant={one.isDanger ? 'danger' : 'secondary'} onClick={() => setDialog(one)}>
                {t(one.label)}
              </Button>
            ))}
            <Button variant="secondary" component="a" href={addressOf({ path: '/appliance/support_bundle' })}>
              {t('appliance.bundle')}
            </Button>
          </div>
          <SelfCheckPart />
        </div>
      </PageSection>
      {dialog && (
        <FormModal
          title={t(dialog.label)}
          {...(dialog.text && { text: t(dialog.text) })}
          fields={dialog.fields(network)}
          button={t(dialog.label)}
          isDanger={dialog.isDanger === true}
          onClose={() => setDialog(undefined)}
          send={async (values) => {
            await send(dialog.call(values));
            await again();
          }}
        />
      )}
    </>
  );
}
