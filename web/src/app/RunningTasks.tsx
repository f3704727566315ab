// How many tasks run now; leads to them.
import { Spinner } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { useRunningTasks } from '../api/tasks.ts';
import { Chip } from '../components/Chip.tsx';

export function RunningTasks() {
  const { t } = useTranslation();
  const count = useRunningTasks().length;
  if (count === 0) return null;
  return (
    <Chip color="blue" to="/tasks" icon={<Spinner isInline aria-hidden />}>
      {t('tasks.running', { count })}
    </Chip>
  );
}
