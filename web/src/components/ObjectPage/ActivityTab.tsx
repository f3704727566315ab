// What was done to an object, and to the devices, disks and snapshots of a VM: its tasks, the newest first, live while they run.
import { EmptyState } from '@patternfly/react-core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { get } from '../../api/http.ts';
import { useRunningTasks } from '../../api/tasks.ts';
import type { Collection, Task } from '../../api/types.ts';
import { TaskTable } from '../TaskTable.tsx';

const SHOWN = 100;

export function ActivityTab({ collection, id }: { collection: Collection; id: string }) {
  const { t } = useTranslation();
  // Asked for again whenever one begins or ends.
  const running = useRunningTasks().filter(({ properties: { objectId, vmIds } }) => objectId === id || vmIds?.includes(id));
  const { data: tasks } = useQuery({
    queryKey: ['tasks-of', id, running.map((task) => task.id).join()],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => get<Task[]>(`/${collection}/${id}/tasks`, { fields: '*', sort: '-start', limit: SHOWN }, signal),
  });
  if (tasks?.length === 0) return <EmptyState titleText={t('activity.empty')} headingLevel="h2" />;
  return <TaskTable label="tab.activity" tasks={tasks ?? []} columns={['started', 'task', 'about', 'who', 'state', 'result']} />;
}
