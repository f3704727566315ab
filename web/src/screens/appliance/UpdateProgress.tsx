// What of an update is under way, how far it is, how fast it goes and how long it takes; and how far an uploaded file is.
import { Button, Progress as Bar, Spinner } from '@patternfly/react-core';
import { useEffect, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { useRunningTasks } from '../../api/tasks.ts';
import type { Origin, Progress } from '../../api/updates.ts';
import { bytes } from '../../components/units.ts';
import type { Sending } from './useUpdateWork.ts';

const WORDS = {
  working: 'updates.works',
  looking: 'updates.looking',
  comparing: 'updates.comparing',
  coming: 'updates.fetching',
  checking: 'updates.checking',
  writing: 'updates.staging',
  readingBack: 'updates.readingBack',
} as const;

/** A step of an update. */
export function StepProgress({ progress, origin, children }: { progress: Progress; origin: Origin; children?: ReactNode }) {
  const { t } = useTranslation();
  const { phase, total } = progress;
  const isCounted = total > 0 && (phase === 'coming' || phase === 'writing');
  return (
    <Counted {...progress} isCounted={isCounted} label={t(phase === 'coming' && origin !== 'repository' ? 'updates.taking' : WORDS[phase])}>
      {children}
    </Counted>
  );
}

interface Props extends Omit<Progress, 'phase'> {
  /** Otherwise nobody knows how long it takes. */
  isCounted: boolean;
  label: string;
  children: ReactNode;
}

function Counted({ done, total, rate, secondsLeft, isCounted, label, children }: Props) {
  const { t } = useTranslation();
  const told = [
    t('updates.done', { done: bytes(done), total: bytes(total) }),
    ...(rate !== null && rate > 0 ? [`${bytes(rate)}/s`] : []),
    ...(secondsLeft === null ? [] : [secondsLeft < 90 ? t('updates.secondsLeft', { count: secondsLeft }) : t('updates.minutesLeft', { count: Math.round(secondsLeft / 60) })]),
  ];
  return (
    <>
      {isCounted ? (
        <Bar title={label} value={Math.floor((100 * done) / total)} helperText={told.join(' · ')} />
      ) : (
        <div className="xo-line">
          <Spinner isInline aria-label={t('shell.loading')} /> {label}
        </div>
      )}
      {children !== undefined && <div>{children}</div>}
    </>
  );
}

const STEP_MS = 1000;

/** The task of an upload tells how much of it came, in percent. */
export function UploadProgress({ sending: { file, beganMs, stop } }: { sending: Sending }) {
  const { t } = useTranslation();
  const task = useRunningTasks().find(({ properties }) => properties.type === 'appliance.update.upload');
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((performance.now() - beganMs) / 1000), STEP_MS);
    return () => clearInterval(timer);
  }, [beganMs]);
  const done = (file.size * (task?.properties.progress ?? 0)) / 100;
  const rate = seconds > 0 ? done / seconds : null;
  const secondsLeft = rate ? Math.ceil((file.size - done) / rate) : null;
  return (
    <Counted done={done} total={file.size} rate={rate} secondsLeft={secondsLeft} isCounted={done < file.size} label={done < file.size ? t('updates.sending', { name: file.name }) : t('updates.checking')}>
      <Button variant="secondary" onClick={stop}>
        {t('updates.stopSending')}
      </Button>
    </Counted>
  );
}
