// Updates of the appliance: what runs, the way to a newer system and back, and what came of earlier ones.
import { Button } from '@patternfly/react-core';
import i18next from 'i18next';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { isRestarting, useUpdates, type Updates, type UpdateSettings } from '../../api/updates.ts';
import { Alert } from '../../components/Alert.tsx';
import { Facts, type FactCard } from '../../components/Facts.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';
import { bytes, moment } from '../../components/units.ts';
import { Waiting } from '../../components/Waiting.tsx';
import { wentWrong } from './RefusedRelease.tsx';
import { RestartModal } from './RestartModal.tsx';
import { UpdateHistory } from './UpdateHistory.tsx';
import { useDays, UpdateSettingsModal } from './UpdateSettingsModal.tsx';
import { UpdateSteps } from './UpdateSteps.tsx';
import { useUpdateWork } from './useUpdateWork.ts';

export function UpdatesTab() {
  const { t } = useTranslation();
  const { data: updates, error } = useUpdates();
  useNewClient(updates?.version);
  const problem = error && (
    <Alert isInline variant="danger" title={t('updates.unknown')}>
      <ProblemText problem={error} />
    </Alert>
  );
  if (!updates) return problem ?? <Waiting />;
  return (
    <div className="xo-part">
      {!isRestarting(updates) && problem}
      <Known updates={updates} />
    </div>
  );
}

function Known({ updates }: { updates: Updates }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<'settings' | 'rollback'>();
  const whenOf = useWhen();
  const work = useUpdateWork(updates);
  const { other, update, settings } = updates;
  const mayGoBack = other?.triesLeft === null && !isRestarting(updates) && (!update || update.isOnTrial);
  const close = () => setAsked(undefined);
  return (
    <>
      <UpdateSteps updates={updates} work={work} />
      <Facts cards={[systemCard(updates), sourceCard(updates)]} />
      <p>{settings.automatic ? t('updates.isAutomatic', { when: whenOf(settings) }) : t('updates.isManual')}</p>
      <div className="xo-appliance-bar">
        <Button variant="secondary" onClick={() => setAsked('settings')}>
          {t('updates.change')}
        </Button>
        {mayGoBack && (
          <Button variant="danger" onClick={() => setAsked('rollback')}>
            {t('updates.goBack', { version: other.version })}
          </Button>
        )}
      </div>
      <UpdateHistory outcomes={updates.outcomes} />
      {asked === 'settings' && <UpdateSettingsModal settings={settings} onClose={close} />}
      {asked === 'rollback' && other && (
        <RestartModal
          verb="rollback"
          title={t('updates.goBackTitle', { version: other.version })}
          text={t('updates.goBackHelp')}
          fields={[{ name: 'version', label: 'updates.whereTo', kind: 'text', isRequired: true, exactly: other.version }]}
          button={t('updates.goBack', { version: other.version })}
          isDanger
          onClose={close}
        />
      )}
    </>
  );
}

function useWhen(): (settings: UpdateSettings) => string {
  const { t } = useTranslation();
  const daysOf = useDays();
  return ({ window }) => {
    if (!window) return daysOf('');
    const { days, from, to } = window;
    return `${daysOf(String(days))}, ${from === to ? t('updates.wholeDay', { from }) : `${from} – ${to}`}`;
  };
}

/** Another version of the server has another client: the page begins anew with it. */
function useNewClient(version: string | undefined) {
  const [first, setFirst] = useState(version);
  if (first === undefined && version !== undefined) setFirst(version);
  useEffect(() => {
    if (first !== undefined && version !== undefined && version !== first) location.reload();
  }, [first, version]);
}

/** Until it is applied, a new system counts as no other system yet. */
const AS_IN_SLOT = { fetching: undefined, fetched: undefined, staging: 'updates.inSlot.staging', staged: 'updates.inSlot.staged', applied: undefined } as const;

function systemCard({ version, other, update, checked, refused, outcomes }: Updates): FactCard {
  const isBeing = update && !update.isOnTrial && AS_IN_SLOT[update.step.name];
  const hasFailed = other && refused.includes(other.version) && wentWrong(outcomes, other.version);
  const another = hasFailed ? i18next.t('updates.inSlot.failed', { version: other.version }) : other?.version;
  return [
    'updates.systems',
    [
      ['updates.running', version],
      ['updates.other', isBeing ? i18next.t(isBeing, { version: update.version }) : another],
      ['updates.looked', checked && moment(checked.at)],
    ],
  ];
}

function sourceCard({ settings }: Updates): FactCard {
  return [
    'updates.source',
    [
      ['updates.channel', settings.channel],
      ['updates.repository', settings.repository && <span className="xo-appliance-file">{settings.repository}</span>],
      ['updates.speed', settings.bytesPerSecond === null ? i18next.t('updates.noLimit') : `${bytes(settings.bytesPerSecond)}/s`],
    ],
  ];
}
