// How the appliance is, what it is reached by, and what can be changed of it.
import { Button } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { useAppliance, useApplianceSettings } from '../../api/appliance.ts';
import { addressOf } from '../../api/http.ts';
import { Problem } from '../../api/problem.ts';
import { Alert } from '../../components/Alert.tsx';
import { Facts } from '../../components/Facts.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';
import { Waiting } from '../../components/Waiting.tsx';
import { certificateCard, nameCard, networkCard, proxyCard, stateCard, timeCard } from './cards.tsx';
import { Changes } from './Changes.tsx';
import { SelfCheckPart } from './SelfCheckPart.tsx';
import { Trial } from './Trial.tsx';

export function StateTab() {
  const { t } = useTranslation();
  const { data: status, error } = useAppliance();
  const settings = useApplianceSettings().data;
  if (error instanceof Problem) {
    return (
      <Alert isInline variant="danger" title={t('appliance.title')}>
        <ProblemText problem={error} />
      </Alert>
    );
  }
  if (!status) return <Waiting />;
  const { health } = status;
  return (
    <div className="xo-part">
      {settings && <Trial network={settings.network} />}
      {health.state !== 'ok' && <Alert isInline variant={health.state === 'failed' ? 'danger' : 'warning'} title={health.text} />}
      <Facts
        cards={[
          stateCard(status),
          ...(settings ? [nameCard(settings), networkCard(settings, status), timeCard(settings), proxyCard(settings)] : []),
          certificateCard(status),
        ]}
      />
      <Changes>
        <Button variant="secondary" component="a" href={addressOf({ path: '/appliance/support_bundle' })}>
          {t('appliance.bundle')}
        </Button>
      </Changes>
      <SelfCheckPart />
    </div>
  );
}
