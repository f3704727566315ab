// How many tasks run now.
import { Label, Spinner } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { useRunningTasks } from '../api/tasks.ts';

export function RunningTasks() {
  const { t } = useTranslation();
  const count = useRunningTasks().length;
  if (count === 0) return null;
  return (
    <Label icon={<Spinner isInline aria-hidden />} color="blue">
      {t('tasks.running', { count })}
    </Label>
  );
}
