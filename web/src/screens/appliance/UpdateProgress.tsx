// How far a step of an update is, how fast it goes and how long it takes; and how far an uploaded file is.
import { Button, Progress as Bar, Spinner } from '@patternfly/react-core';
import { useEffect, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { useRunningTasks } from '../../api/tasks.ts';
import type { Progress } from '../../api/updates.ts';
import { bytes } from '../../components/units.ts';
import type { Sending } from './useUpdateWork.ts';

interface Props {
  progress: Progress;
  label: string;
  /** What is done once the last byte is. */
  then: string;
  children?: ReactNode;
}

export function UpdateProgress({ progress: { done, total, rate, secondsLeft }, label, then, children }: Props) {
  const { t } = useTranslation();
  const told = [
    t('updates.done', { done: bytes(done), total: bytes(total) }),
    ...(rate !== null && rate > 0 ? [`${bytes(rate)}/s`] : []),
    ...(secondsLeft === null ? [] : [secondsLeft < 60 ? t('updates.secondsLeft', { count: secondsLeft }) : t('updates.minutesLeft', { count: Math.ceil(secondsLeft / 60) })]),
  ];
  return (
    <>
      {total > 0 && done < total ? (
        <Bar title={label} value={Math.floor((100 * done) / total)} helperText={told.join(' · ')} />
      ) : (
        <div className="xo-line">
          <Spinner isInline aria-label={t('shell.loading')} /> {total > 0 ? then : label}
        </div>
      )}
      {children && <div>{children}</div>}
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
    <UpdateProgress progress={{ done, total: file.size, rate, secondsLeft }} label={t('updates.sending', { name: file.name })} then={t('updates.checking')}>
      <Button variant="secondary" onClick={stop}>
        {t('updates.stopSending')}
      </Button>
    </UpdateProgress>
  );
}
