// The way to stop a task that runs. The server asks the pool; the task tells when it has ended.
import { Button } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { post } from '../api/http.ts';
import type { Task } from '../api/types.ts';
import { toastProblem } from '../app/toasts.ts';
import { taskName } from './taskName.ts';

export function StopTask({ task }: { task: Task }) {
  const { t } = useTranslation();
  const [isAsked, setAsked] = useState(false);
  const isStopping = isAsked || task.abortionRequestedAt !== undefined;
  const stop = async () => {
    setAsked(true);
    try {
      await post(`/tasks/${task.id}/actions/abort`);
    } catch (error) {
      setAsked(false);
      toastProblem(t('tasks.notStopped', { name: taskName(task) }), error);
    }
  };
  return (
    <Button size="sm" variant="secondary" isDisabled={isStopping} onClick={() => void stop()} aria-label={t('tasks.stopOne', { name: taskName(task) })}>
      {t(isStopping ? 'tasks.stopping' : 'tasks.stop')}
    </Button>
  );
}
