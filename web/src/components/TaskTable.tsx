// Tasks as a table: the columns that its place needs, each described once.
import { useTranslation } from 'react-i18next';

import { problemOfTask } from '../api/problem.ts';
import type { Task } from '../api/types.ts';
import type { TextKey } from '../i18n.ts';
import { outcomeOf } from './outcome.ts';
import { PlainTable, type Column } from './PlainTable.tsx';
import { ProblemText } from './ProblemText.tsx';
import { StopTask } from './StopTask.tsx';
import { taskName } from './taskName.ts';
import { TaskObject } from './TaskObject.tsx';
import { TaskProgress } from './TaskProgress.tsx';
import { TaskState } from './TaskState.tsx';
import { TaskUser } from './TaskUser.tsx';
import { locale, moment } from './units.ts';

const COLUMNS = {
  started: ['column.started', ({ start }) => moment(start)],
  task: ['column.task', taskName, 'xo-name'],
  about: ['tasks.about', (task) => <TaskObject task={task} />, 'xo-name'],
  who: ['tasks.who', (task) => <TaskUser task={task} />],
  state: ['column.state', (task) => <TaskState task={task} />],
  progress: ['tasks.progress', (task) => <TaskProgress task={task} />],
  took: ['tasks.took', (task) => <Took task={task} />],
  result: ['column.result', (task) => outcomeOf(task) === 'failure' && <ProblemText problem={problemOfTask(task.result)} />],
} satisfies Record<string, Column<Task>>;

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
    <PlainTable
      label={t(label)}
      rows={tasks}
      columns={columns.map((name) => COLUMNS[name])}
      menu={canStop ? (task) => <StopTask task={task} /> : undefined}
    />
  );
}

function Took({ task: { start, end } }: { task: Task }) {
  const { t } = useTranslation();
  return end === undefined ? '–' : t('tasks.seconds', { seconds: ((end - start) / 1000).toLocaleString(locale(), { minimumFractionDigits: 1, maximumFractionDigits: 1 }) });
}
