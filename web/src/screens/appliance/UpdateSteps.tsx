// The way to a newer system, one step after the other: look, download, prepare, restart, and the minute in which it must prove itself.
import { Button, Card, CardBody, ProgressStep, ProgressStepper, Spinner } from '@patternfly/react-core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { upload } from '../../api/http.ts';
import { Problem } from '../../api/problem.ts';
import { beginUpdate, cancelUpdate, checkUpdate, isRestarting, type Found, type Source, type Updates } from '../../api/updates.ts';
import { Alert } from '../../components/Alert.tsx';
import { FileButton } from '../../components/FileButton.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';
import { useIsNarrow } from '../../app/useIsNarrow.ts';
import { bytes } from '../../components/units.ts';
import { RestartModal } from './RestartModal.tsx';
import { UpdateProgress, UploadProgress } from './UpdateProgress.tsx';

const STEPS = ['fetch', 'stage', 'apply', 'prove'] as const;
/** Which of them it is at; before the first one, none. */
const AT = { fetching: 0, fetched: 1, staging: 1, staged: 2, applied: 2 } as const;

export function UpdateSteps({ updates }: { updates: Updates }) {
  const { t } = useTranslation();
  const isNarrow = useIsNarrow();
  const { update, progress, ended, rollback, waits } = updates;
  const [found, setFound] = useState<Found | null>();
  const [source, setSource] = useState<Source>({});
  const [busy, setBusy] = useState<'check' | 'upload' | 'step'>();
  const [problem, setProblem] = useState<Problem>();
  const [isAsking, setAsking] = useState(false);
  // What was downloaded here is prepared without being asked again.
  const [goesOn, setGoesOn] = useState(false);

  const work = async (what: NonNullable<typeof busy>, how: () => Promise<void>) => {
    setBusy(what);
    try {
      await how();
      setProblem(undefined);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      setGoesOn(false);
    }
    setBusy(undefined);
  };
  const look = (from: Source) =>
    work('check', async () => {
      setSource(from);
      setFound(undefined);
      setFound(await checkUpdate(from));
    });
  const take = (file: File) =>
    work('upload', async () => {
      setFound(undefined);
      await upload('/appliance/updates/actions/upload', file);
      setSource({ from: 'bundle' });
      setFound(await checkUpdate({ from: 'bundle' }));
    });
  const fetch = (from: Source) => {
    setGoesOn(true);
    void work('step', () => beginUpdate('fetch', from));
  };
  const stage = () => void work('step', () => beginUpdate('stage'));
  const isFetched = update?.step.name === 'fetched' && progress === null;
  useEffect(() => {
    if (!isFetched || !goesOn) return;
    void beginUpdate('stage').catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      setGoesOn(false);
    });
  }, [isFetched, goesOn]);

  const at = update ? (update.isOnTrial ? 3 : AT[update.step.name]) : progress ? 0 : -1;
  const variant = (step: number) => (step < at ? 'success' : step === at ? 'info' : 'pending');
  const cancel = (
    <Button variant="secondary" isDisabled={busy === 'step'} onClick={() => void work('step', () => cancelUpdate())}>
      {t('updates.cancel')}
    </Button>
  );
  const isAlone = updates.settings.repository === null;
  const notes = update ? update.notes : found?.notes;
  const body = () => {
    if (rollback) return <Away title={t('updates.goingTo', { version: rollback.to })} />;
    if (progress && (update || goesOn)) return <UpdateProgress progress={progress} label={t(update?.step.name === 'staging' ? 'updates.staging' : 'updates.fetching')}>{cancel}</UpdateProgress>;
    if (progress) return <UpdateProgress progress={progress} label={t('updates.works')} />;
    if (!update) {
      return (
        <>
          {found && (
            <Alert isInline isPlain variant="info" title={t('updates.found', { version: found.version })}>
              {t(source.from ? 'updates.fromFile' : 'updates.atMost', { size: bytes(found.bytes) })}
            </Alert>
          )}
          {found === null && <Alert isInline isPlain variant="success" title={t('updates.newest', { channel: updates.settings.channel })} />}
          {isAlone && <Alert isInline isPlain variant="info" title={t('updates.noRepository')}>{t('updates.noRepositoryHelp')}</Alert>}
          <div className="xo-appliance-bar">
            {found && (
              <Button isDisabled={busy !== undefined} onClick={() => fetch(source.from ? source : { version: found.version })}>
                {t('updates.get')}
              </Button>
            )}
            <Button variant={found ? 'secondary' : 'primary'} isLoading={busy === 'check'} isDisabled={busy !== undefined || isAlone} onClick={() => void look({})}>
              {t('updates.look')}
            </Button>
            <FileButton label={t('updates.upload')} accept=".tar,.xoabundle,.bundle" isBusy={busy === 'upload'} isDisabled={busy !== undefined} onChoose={(file) => void take(file)} />
          </div>
          {busy === 'upload' && <UploadProgress />}
        </>
      );
    }
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
              <Button isDisabled={busy === 'step'} onClick={stage}>
                {t('updates.prepare')}
              </Button>
              {cancel}
            </div>
          </>
        );
      case 'fetching':
        return (
          <>
            <p>{t('updates.broken', { version })}</p>
            <div className="xo-appliance-bar">
              <Button isDisabled={busy === 'step'} onClick={() => fetch({ version })}>
                {t('updates.goOn')}
              </Button>
              {cancel}
            </div>
          </>
        );
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
          {problem && (
            <Alert isInline variant="danger" title={t('updates.failed')}>
              <ProblemText problem={problem} />
              {source.from && problem.message.includes('expired') && (
                <Button variant="link" isInline onClick={() => void look({ from: 'bundle', acceptExpired: true })}>
                  {t('updates.acceptExpired')}
                </Button>
              )}
            </Alert>
          )}
          {!problem && !progress && ended?.error && !isRestarting(updates) && (
            <Alert isInline variant="danger" title={t('updates.failed')}>
              {ended.error}
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
