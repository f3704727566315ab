// How the appliance is, what it is reached by, and what can be changed of it.
import { Button } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useAppliance, useApplianceSettings } from '../../api/appliance.ts';
import { addressOf } from '../../api/http.ts';
import { Problem } from '../../api/problem.ts';
import { HOME } from '../../app/routes.tsx';
import { Alert } from '../../components/Alert.tsx';
import { Facts } from '../../components/Facts.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';
import { Waiting } from '../../components/Waiting.tsx';
import { certificateCard, nameCard, networkCard, proxyCard, stateCard, timeCard } from './cards.tsx';
import { Changes, type Leaving } from './Changes.tsx';
import { SelfCheckPart } from './SelfCheckPart.tsx';
import { ServerRestarts } from './ServerRestarts.tsx';
import { Trial } from './Trial.tsx';

export function StateTab() {
  const { t } = useTranslation();
  const { data: status, error } = useAppliance();
  const settings = useApplianceSettings().data;
  const [leaving, setLeaving] = useState<Leaving>();
  if (leaving) {
    const { away, isBack } = leaving;
    return <ServerRestarts title={t(`appliance.away.${away}`)} help={t(`appliance.awayHelp.${away}`)} isBack={isBack} to={away === 'reset' ? HOME : location.pathname} />;
  }
  if (!status && error instanceof Problem) {
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
          ...(settings ? [nameCard(settings), networkCard(settings, status), timeCard(settings, status), proxyCard(settings)] : []),
          certificateCard(status),
        ]}
      />
      <Changes onLeave={setLeaving}>
        <Button variant="secondary" component="a" href={addressOf({ path: '/appliance/support_bundle' })}>
          {t('appliance.bundle')}
        </Button>
      </Changes>
      <SelfCheckPart />
    </div>
  );
}
