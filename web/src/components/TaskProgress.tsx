// How far a task is; one that does not tell runs all the same.
import { Progress, Spinner } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import type { Task } from '../api/types.ts';
import { taskName } from './taskName.ts';

export function TaskProgress({ task }: { task: Task }) {
  const { t } = useTranslation();
  const { progress } = task.properties;
  if (progress === undefined) return <Spinner isInline aria-label={t('taskState.pending')} />;
  return <Progress aria-label={taskName(task)} value={Math.round(progress)} size="sm" measureLocation="outside" />;
}
