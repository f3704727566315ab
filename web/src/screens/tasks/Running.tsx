// Tasks that run now: how far they are, and the way to stop them.
import { EmptyState } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { useRunningTasks } from '../../api/tasks.ts';
import { TaskTable } from '../../components/TaskTable.tsx';

export function Running() {
  const { t } = useTranslation();
  const tasks = useRunningTasks();
  if (tasks.length === 0) return <EmptyState titleText={t('tasks.none')} headingLevel="h3" variant="xs" />;
  return <TaskTable label="tasks.now" tasks={[...tasks].sort((a, b) => b.start - a.start)} columns={['started', 'task', 'about', 'who', 'progress']} canStop />;
}
