// Tasks beside any screen: what runs, with the way to stop it, and what ended last; what failed says why and what to do.
import {
  NotificationDrawer,
  NotificationDrawerBody,
  NotificationDrawerHeader,
  NotificationDrawerList,
  NotificationDrawerListItem,
  NotificationDrawerListItemBody,
  NotificationDrawerListItemHeader,
  Title,
} from '@patternfly/react-core';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import { problemOfTask } from '../../api/problem.ts';
import { useRunningTasks } from '../../api/tasks.ts';
import type { Task } from '../../api/types.ts';
import { useEndedTasks } from '../../api/useTasks.ts';
import { outcomeOf } from '../../components/outcome.ts';
import { ProblemText } from '../../components/ProblemText.tsx';
import { StopTask } from '../../components/StopTask.tsx';
import { taskName } from '../../components/taskName.ts';
import { TaskObject } from '../../components/TaskObject.tsx';
import { TaskProgress } from '../../components/TaskProgress.tsx';
import { TaskState } from '../../components/TaskState.tsx';
import { TaskUser } from '../../components/TaskUser.tsx';
import { moment } from '../../components/units.ts';

const LAST = 12;
const VARIANTS = { pending: 'info', success: 'success', failure: 'danger', interrupted: 'warning', stopped: 'custom' } as const;

export default function TasksDrawer({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const running = useRunningTasks();
  const ended = useEndedTasks('', LAST).data?.rows;
  const drawer = useRef<HTMLDivElement>(null);
  useEffect(() => {
    drawer.current?.focus();
  }, []);
  return (
    <NotificationDrawer
      ref={drawer}
      tabIndex={-1}
      role="region"
      aria-label={t('tasks.title')}
      onKeyDown={({ key }) => {
        if (key === 'Escape') onClose();
      }}
    >
      <NotificationDrawerHeader title={t('tasks.title')} onClose={onClose} closeButtonAriaLabel={t('tasks.close')}>
        <Link to="/tasks" onClick={onClose}>
          {t('overview.allTasks')}
        </Link>
      </NotificationDrawerHeader>
      <NotificationDrawerBody>
        <Part title={t('tasks.now')} tasks={[...running].sort((a, b) => b.start - a.start)} none={t('tasks.none')} />
        <Part title={t('tasks.ended')} tasks={ended} none={t('activity.empty')} />
      </NotificationDrawerBody>
    </NotificationDrawer>
  );
}

function Part({ title, tasks, none }: { title: string; tasks: readonly Task[] | undefined; none: string }) {
  return (
    <>
      <Title headingLevel="h2" size="md" className="xo-drawer-part">
        {title}
      </Title>
      {tasks?.length === 0 && <p className="xo-drawer-part">{none}</p>}
      {tasks && tasks.length > 0 && (
        <NotificationDrawerList aria-label={title}>
          {tasks.map((task) => (
            <Item key={task.id} task={task} />
          ))}
        </NotificationDrawerList>
      )}
    </>
  );
}

function Item({ task }: { task: Task }) {
  const { t } = useTranslation();
  const outcome = outcomeOf(task);
  const variant = VARIANTS[outcome];
  return (
    <NotificationDrawerListItem variant={variant} isHoverable={false} isRead={outcome !== 'failure'} tabIndex={-1}>
      <NotificationDrawerListItemHeader variant={variant} title={taskName(task)} headingLevel="h3" srTitle={t(`taskState.${outcome}`)}>
        {task.status === 'pending' && <StopTask task={task} />}
      </NotificationDrawerListItemHeader>
      <NotificationDrawerListItemBody timestamp={moment(task.start)}>
        <p>
          <TaskObject task={task} /> · <TaskUser task={task} /> {(outcome === 'stopped' || outcome === 'interrupted') && <TaskState task={task} />}
        </p>
        {task.status === 'pending' && <TaskProgress task={task} />}
        {outcome === 'failure' && <ProblemText problem={problemOfTask(task.result)} />}
      </NotificationDrawerListItemBody>
    </NotificationDrawerListItem>
  );
}
