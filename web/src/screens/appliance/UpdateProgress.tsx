// How far a step of an update is, how fast it goes and how long it takes; and how far an uploaded file is.
import { Progress as Bar, Spinner } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { useRunningTasks } from '../../api/tasks.ts';
import type { Progress } from '../../api/updates.ts';
import { TaskProgress } from '../../components/TaskProgress.tsx';
import { bytes } from '../../components/units.ts';

interface Props {
  progress: Progress;
  label: string;
  children?: ReactNode;
}

export function UpdateProgress({ progress: { done, total, rate, secondsLeft }, label, children }: Props) {
  const { t } = useTranslation();
  const told = [
    t('updates.done', { done: bytes(done), total: bytes(total) }),
    ...(rate !== null && rate > 0 ? [`${bytes(rate)}/s`] : []),
    ...(secondsLeft === null ? [] : [secondsLeft < 60 ? t('updates.secondsLeft', { count: secondsLeft }) : t('updates.minutesLeft', { count: Math.ceil(secondsLeft / 60) })]),
  ];
  return (
    <>
      {total > 0 ? (
        <Bar title={label} value={Math.floor((100 * done) / total)} helperText={told.join(' · ')} />
      ) : (
        <div className="xo-line">
          <Spinner isInline aria-label={t('shell.loading')} /> {label}
        </div>
      )}
      {children && <div>{children}</div>}
    </>
  );
}

export function UploadProgress() {
  const task = useRunningTasks().find(({ properties }) => properties.type === 'appliance.update.upload');
  return task ? <TaskProgress task={task} /> : null;
}
