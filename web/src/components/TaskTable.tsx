// Tasks as a table: the columns that its place needs, each described once.
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { problemOfTask } from '../api/problem.ts';
import type { Task } from '../api/types.ts';
import type { TextKey } from '../i18n.ts';
import { outcomeOf } from './outcome.ts';
import { ProblemText } from './ProblemText.tsx';
import { StopTask } from './StopTask.tsx';
import { taskName } from './taskName.ts';
import { TaskObject } from './TaskObject.tsx';
import { TaskProgress } from './TaskProgress.tsx';
import { TaskState } from './TaskState.tsx';
import { TaskUser } from './TaskUser.tsx';
import { locale, moment } from './units.ts';

const COLUMNS = {
  started: { label: 'column.started', cell: ({ start }) => moment(start) },
  task: { label: 'column.task', cell: taskName },
  about: { label: 'tasks.about', cell: (task) => <TaskObject task={task} /> },
  who: { label: 'tasks.who', cell: (task) => <TaskUser task={task} /> },
  state: { label: 'column.state', cell: (task) => <TaskState task={task} /> },
  progress: { label: 'tasks.progress', cell: (task) => <TaskProgress task={task} /> },
  took: { label: 'tasks.took', cell: (task) => <Took task={task} /> },
  result: { label: 'column.result', cell: (task) => outcomeOf(task) === 'failure' && <ProblemText problem={problemOfTask(task.result)} /> },
} satisfies Record<string, { label: TextKey; cell: (task: Task) => ReactNode }>;

const NAMES: ReadonlySet<string> = new Set(['task', 'about']);

interface Props {
  label: TextKey;
  tasks: readonly Task[];
  columns: readonly (keyof typeof COLUMNS)[];
  /** Whether they can be stopped. */
  canStop?: boolean;
}

export function TaskTable({ label, tasks, columns, canStop = false }: Props) {
  const { t } = useTranslation();
  return (
    <Table variant="compact" aria-label={t(label)}>
      <Thead>
        <Tr>
          {columns.map((key) => (
            <Th key={key}>{t(COLUMNS[key].label)}</Th>
          ))}
          {canStop && <Th screenReaderText={t('tasks.stop')} />}
        </Tr>
      </Thead>
      <Tbody>
        {tasks.map((task) => (
          <Tr key={task.id}>
            {columns.map((key) => (
              <Td key={key} dataLabel={t(COLUMNS[key].label)} {...(NAMES.has(key) && { className: 'xo-name' })}>
                {COLUMNS[key].cell(task)}
              </Td>
            ))}
            {canStop && (
              <Td isActionCell>
                <StopTask task={task} />
              </Td>
            )}
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

function Took({ task: { start, end } }: { task: Task }) {
  const { t } = useTranslation();
  return end === undefined ? '–' : t('tasks.seconds', { seconds: ((end - start) / 1000).toLocaleString(locale(), { minimumFractionDigits: 1, maximumFractionDigits: 1 }) });
}
