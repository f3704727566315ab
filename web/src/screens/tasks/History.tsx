// Tasks that have ended: how, of which object, and for those that failed why and what to do.
import { Alert, Button, EmptyState, Spinner, ToggleGroup, ToggleGroupItem } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'wouter';

import { problemOfTask } from '../../api/problem.ts';
import type { Task } from '../../api/types.ts';
import { useEndedTasks } from '../../api/useTasks.ts';
import { ProblemText } from '../../components/ProblemText.tsx';
import { taskName } from '../../components/taskName.ts';
import { TaskObject } from '../../components/TaskObject.tsx';
import { TaskState } from '../../components/TaskState.tsx';

const STEP = 50;
const STATES = ['all', 'failure', 'interrupted', 'success'] as const;

export function History() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const [limit, setLimit] = useState(STEP);
  const state = STATES.find((one) => one === params.get('state')) ?? 'all';
  const { data, error } = useEndedTasks(state === 'all' ? '' : `status:${state}`, limit);
  return (
    <>
      <ToggleGroup aria-label={t('column.state')} className="xo-bar-below">
        {STATES.map((one) => (
          <ToggleGroupItem
            key={one}
            text={t(`tasks.show.${one}`)}
            isSelected={one === state}
            onChange={() => setParams(one === 'all' ? {} : { state: one }, { replace: true })}
          />
        ))}
      </ToggleGroup>
      {error && (
        <Alert isInline variant="danger" title={t('table.failed')}>
          <ProblemText problem={error} />
        </Alert>
      )}
      {!data && !error && <Spinner aria-label={t('shell.loading')} />}
      {data?.total === 0 && <EmptyState titleText={t('activity.empty')} headingLevel="h3" variant="xs" />}
      {data && data.total > 0 && <Ended tasks={data.rows} />}
      {data && data.total > data.rows.length && (
        <Button variant="link" onClick={() => setLimit(limit + STEP)}>
          {t('tasks.more', { count: data.total - data.rows.length })}
        </Button>
      )}
    </>
  );
}

function Ended({ tasks }: { tasks: readonly Task[] }) {
  const { t } = useTranslation();
  return (
    <Table variant="compact" aria-label={t('tasks.history')}>
      <Thead>
        <Tr>
          <Th>{t('column.started')}</Th>
          <Th>{t('column.task')}</Th>
          <Th>{t('tasks.about')}</Th>
          <Th>{t('column.state')}</Th>
          <Th>{t('tasks.took')}</Th>
          <Th>{t('column.result')}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {tasks.map((task) => (
          <Tr key={task.id}>
            <Td dataLabel={t('column.started')}>{new Date(task.start).toLocaleString()}</Td>
            <Td dataLabel={t('column.task')}>{taskName(task)}</Td>
            <Td dataLabel={t('tasks.about')}>
              <TaskObject task={task} />
            </Td>
            <Td dataLabel={t('column.state')}>
              <TaskState status={task.status} />
            </Td>
            <Td dataLabel={t('tasks.took')}>{task.end === undefined ? '–' : t('tasks.seconds', { seconds: ((task.end - task.start) / 1000).toFixed(1) })}</Td>
            <Td dataLabel={t('column.result')}>{task.status === 'failure' && <ProblemText problem={problemOfTask(task.result)} />}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
