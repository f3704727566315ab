// What an appliance asks at the first visit: nothing that could not stay as it is. The parts are those of its page.
import { ActionGroup, Button, Content } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { useAppliance, useApplianceSettings, type ApplianceSettings, type ApplianceStatus } from '../../api/appliance.ts';
import { Problem } from '../../api/problem.ts';
import { Alert } from '../../components/Alert.tsx';
import { Facts, type FactCard } from '../../components/Facts.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';
import { Waiting } from '../../components/Waiting.tsx';
import { nameCard, networkCard, timeCard } from '../appliance/cards.tsx';
import { Changes } from '../appliance/Changes.tsx';
import type { DialogId } from '../appliance/dialogs.ts';
import { Trial } from '../appliance/Trial.tsx';
import type { StepProps } from './steps.ts';

type Card = (settings: ApplianceSettings, status: ApplianceStatus) => FactCard;

function applianceStep(card: Card, only: readonly DialogId[]) {
  return function ApplianceStep({ onDone }: StepProps) {
    const { t } = useTranslation();
    const { data: status } = useAppliance();
    const { data: settings, error } = useApplianceSettings();
    return (
      <>
        {!settings && error instanceof Problem && (
          <Alert isInline variant="danger" title={t('appliance.title')}>
            <ProblemText problem={error} />
          </Alert>
        )}
        {settings && status ? (
          <>
            <Content component="p">{t('appliance.stepHelp')}</Content>
            <Trial network={settings.network} />
            <Facts cards={[card(settings, status)]} />
            <Changes only={only} />
          </>
        ) : (
          !error && <Waiting />
        )}
        <ActionGroup>
          <Button onClick={onDone}>{t('setup.next')}</Button>
        </ActionGroup>
      </>
    );
  };
}

export const NetworkStep = applianceStep(networkCard, ['network', 'proxy']);
export const NameStep = applianceStep(nameCard, ['hostname']);
export const TimeStep = applianceStep(timeCard, ['time']);
