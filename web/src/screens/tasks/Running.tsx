// Tasks that run now: how far they are, and the way to stop them.
import { Button, EmptyState, Progress, Spinner } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { post } from '../../api/http.ts';
import { useRunningTasks } from '../../api/tasks.ts';
import type { Task } from '../../api/types.ts';
import { toastProblem } from '../../app/toasts.ts';
import { taskName } from '../../components/taskName.ts';
import { TaskObject } from '../../components/TaskObject.tsx';

export function Running() {
  const { t } = useTranslation();
  const tasks = useRunningTasks();
  if (tasks.length === 0) return <EmptyState titleText={t('tasks.none')} headingLevel="h3" variant="xs" />;
  return (
    <Table variant="compact" aria-label={t('tasks.now')}>
      <Thead>
        <Tr>
          <Th>{t('column.started')}</Th>
          <Th>{t('column.task')}</Th>
          <Th>{t('tasks.about')}</Th>
          <Th>{t('tasks.progress')}</Th>
          <Th screenReaderText={t('tasks.stop')} />
        </Tr>
      </Thead>
      <Tbody>
        {[...tasks].sort((a, b) => b.start - a.start).map((task) => (
          <Tr key={task.id}>
            <Td dataLabel={t('column.started')}>{new Date(task.start).toLocaleString()}</Td>
            <Td dataLabel={t('column.task')}>{taskName(task)}</Td>
            <Td dataLabel={t('tasks.about')}>
              <TaskObject task={task} />
            </Td>
            <Td dataLabel={t('tasks.progress')}>
              <HowFar task={task} />
            </Td>
            <Td isActionCell>
              <Stop task={task} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

/** A task that does not tell how far it is, runs all the same. */
export function HowFar({ task }: { task: Task }) {
  const { t } = useTranslation();
  const { progress } = task.properties;
  if (progress === undefined) return <Spinner isInline aria-label={t('taskState.pending')} />;
  return <Progress aria-label={taskName(task)} value={Math.round(progress)} size="sm" measureLocation="outside" />;
}

function Stop({ task }: { task: Task }) {
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
