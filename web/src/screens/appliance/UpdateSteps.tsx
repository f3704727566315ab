// The way to a newer system, one step after the other: look, download, prepare, restart, and the minute in which it must prove itself.
import { Button, Card, CardBody, ProgressStep, ProgressStepper, Spinner } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Updates } from '../../api/updates.ts';
import { useIsNarrow } from '../../app/useIsNarrow.ts';
import { Alert } from '../../components/Alert.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';
import { moment } from '../../components/units.ts';
import { RestartModal } from './RestartModal.tsx';
import { StepProgress } from './UpdateProgress.tsx';
import { UpdateSearch } from './UpdateSearch.tsx';
import type { UpdateWork } from './useUpdateWork.ts';

const STEPS = ['fetch', 'stage', 'apply', 'prove'] as const;
/** Which of them it is at; before the first one, none. */
const AT = { fetching: 0, fetched: 1, staging: 1, staged: 2, applied: 2 } as const;

export function UpdateSteps({ updates, work }: { updates: Updates; work: UpdateWork }) {
  const { t } = useTranslation();
  const isNarrow = useIsNarrow();
  const { update, progress, rollback, waits, uploaded, clockSeenAhead } = updates;
  const { busy, goesOn, looked, failure, ended } = work;
  const [isAsking, setAsking] = useState(false);

  const at = update ? (update.isOnTrial ? 3 : AT[update.step.name]) : progress ? 0 : -1;
  const variant = (step: number) => (step < at ? 'success' : step === at ? 'info' : 'pending');
  const cancel = (
    <Button variant="secondary" isDisabled={busy === 'step'} onClick={work.cancel}>
      {t('updates.cancel')}
    </Button>
  );
  const notes = update ? update.notes : looked?.found?.notes;
  const body = () => {
    if (rollback) return <Away title={t('updates.goingTo', { version: rollback.to })} />;
    if (progress) {
      return (
        <StepProgress progress={progress} origin={update?.origin ?? 'repository'}>
          {(update || goesOn) && cancel}
        </StepProgress>
      );
    }
    if (!update) return <UpdateSearch updates={updates} work={work} />;
    const { version } = update;
    if (update.isOnTrial) {
      return (
        <Alert isInline variant="info" customIcon={<Spinner isInline aria-label={t('shell.loading')} />} title={t('updates.onTrial', { version })}>
          {t('updates.onTrialHelp', { from: update.from })}
        </Alert>
      );
    }
    switch (update.step.name) {
      case 'applied':
        return <Away title={t('updates.goingTo', { version })} />;
      case 'staged':
        return (
          <>
            <p>{t('updates.ready', { version })}</p>
            <p>{t('updates.away')}</p>
            {waits && <Alert isInline isPlain variant={waits.asks ? 'warning' : 'info'} title={t(waits.asks ? 'updates.asks' : 'updates.waits', { what: waits.interrupts.join(', ') })} />}
            <div className="xo-appliance-bar">
              <Button onClick={() => setAsking(true)}>{t('updates.restart', { version })}</Button>
              {cancel}
            </div>
          </>
        );
      case 'fetched':
      case 'staging':
        return (
          <>
            <p>{t('updates.fetched', { version })}</p>
            <div className="xo-appliance-bar">
              <Button isDisabled={busy === 'step'} onClick={work.stage}>
                {t('updates.prepare')}
              </Button>
              {cancel}
            </div>
          </>
        );
      case 'fetching': {
        const isFile = update.origin !== 'repository';
        const isGone = isFile && uploaded !== version;
        return (
          <>
            <p>{t(isGone ? 'updates.fileGone' : isFile ? 'updates.brokenFile' : 'updates.broken', { version })}</p>
            <div className="xo-appliance-bar">
              {!isGone && (
                <Button isDisabled={busy === 'step'} onClick={() => work.fetch(isFile ? { from: 'bundle', ...(update.origin === 'expiredBundle' && { acceptExpired: true }) } : { version })}>
                  {t(isFile ? 'updates.goOnFile' : 'updates.goOn')}
                </Button>
              )}
              {cancel}
            </div>
          </>
        );
      }
    }
  };
  return (
    <Card isCompact>
      <CardBody>
        <div className="xo-part">
          <ProgressStepper className="pf-m-horizontal" isCenterAligned={!isNarrow} isCompact={isNarrow} aria-label={t('updates.steps')}>
            {STEPS.map((step, index) => (
              <ProgressStep key={step} id={`update-${step}`} titleId={`update-${step}-title`} variant={variant(index)} isCurrent={index === at} aria-label={t(`setup.state.${variant(index)}`, { step: t(`updates.step.${step}`) })}>
                {t(`updates.step.${step}`)}
              </ProgressStep>
            ))}
          </ProgressStepper>
          {clockSeenAhead !== null && (
            <Alert isInline variant="warning" title={t('updates.clock', { when: moment(clockSeenAhead) })}>
              <p>{t('updates.clockHelp')}</p>
              <Button variant="link" isInline isDisabled={busy !== undefined} onClick={work.trustClock}>
                {t('updates.trustClock')}
              </Button>
            </Alert>
          )}
          {failure && (
            <Alert isInline variant="danger" title={t('updates.failed')}>
              <ProblemText problem={failure.problem} />
              {failure.source.from && failure.problem.message.includes('expired') && (
                <Button variant="link" isInline onClick={() => work.look({ from: 'bundle', acceptExpired: true })}>
                  {t('updates.acceptExpired')}
                </Button>
              )}
            </Alert>
          )}
          {ended !== null && (
            <Alert isInline variant="danger" title={t('updates.failed')}>
              {ended}
            </Alert>
          )}
          {body()}
          {notes && !rollback && <ReleaseNotes notes={notes} isOpen={!update} />}
        </div>
      </CardBody>
      {isAsking && update && (
        <RestartModal verb="apply" title={t('updates.restart', { version: update.version })} button={t('updates.restartNow')} onClose={() => setAsking(false)} />
      )}
    </Card>
  );
}

/** As they were written: Markdown reads well as it is. */
function ReleaseNotes({ notes, isOpen }: { notes: string; isOpen: boolean }) {
  const { t } = useTranslation();
  return (
    <details open={isOpen}>
      <summary>{t('updates.notes')}</summary>
      <p className="xo-appliance-notes">{notes}</p>
    </details>
  );
}

function Away({ title }: { title: string }) {
  const { t } = useTranslation();
  return (
    <Alert isInline variant="info" customIcon={<Spinner isInline aria-label={t('shell.loading')} />} title={title}>
      {t('updates.away')}
    </Alert>
  );
}
