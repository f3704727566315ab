// What was done to an object: its tasks, the newest first, live while they run.
import { EmptyState } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { get } from '../../api/http.ts';
import { problemOfTask } from '../../api/problem.ts';
import { useRunningTasks } from '../../api/tasks.ts';
import type { Collection, Task } from '../../api/types.ts';
import { ProblemText } from '../ProblemText.tsx';
import { TaskState } from '../TaskState.tsx';

const SHOWN = 100;

export function ActivityTab({ collection, id }: { collection: Collection; id: string }) {
  const { t } = useTranslation();
  // Asked for again whenever one begins or ends.
  const running = useRunningTasks().filter((task) => task.properties.objectId === id);
  const { data: tasks } = useQuery({
    queryKey: ['tasks-of', id, running.map((task) => task.id).join()],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => get<Task[]>(`/${collection}/${id}/tasks`, { fields: '*', sort: '-start', limit: SHOWN }, signal),
  });
  if (tasks?.length === 0) return <EmptyState titleText={t('activity.empty')} headingLevel="h2" />;
  return (
    <Table variant="compact" aria-label={t('tab.activity')}>
      <Thead>
        <Tr>
          <Th>{t('column.started')}</Th>
          <Th>{t('column.task')}</Th>
          <Th>{t('column.state')}</Th>
          <Th>{t('column.result')}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {tasks?.map((task) => (
          <Tr key={task.id}>
            <Td dataLabel={t('column.started')}>{new Date(task.start).toLocaleString()}</Td>
            <Td dataLabel={t('column.task')}>{task.properties.name ?? task.id}</Td>
            <Td dataLabel={t('column.state')}>
              <TaskState status={task.status} />
            </Td>
            <Td dataLabel={t('column.result')}>{task.status === 'failure' && <ProblemText problem={problemOfTask(task.result)} />}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
