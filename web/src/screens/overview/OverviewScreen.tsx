// The first screen: what is wrong, then what there is, how full it is, what runs and what was done last.
import { PageSection, Title } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import { useIsAdmin } from '../../api/permissions.ts';
import { useRunningTasks } from '../../api/tasks.ts';
import type { Task } from '../../api/types.ts';
import { useAll, useList } from '../../api/useList.ts';
import { useServers } from '../../api/useServers.ts';
import { useEndedTasks } from '../../api/useTasks.ts';
import { pathOf } from '../../app/paths.ts';
import { useTitle } from '../../app/useTitle.ts';
import { taskName } from '../../components/taskName.ts';
import { TaskObject } from '../../components/TaskObject.tsx';
import { TaskState } from '../../components/TaskState.tsx';
import { clock } from '../../components/units.ts';
import { Capacity } from './Capacity.tsx';
import { DAY_MS, isStore, refusalsSince, troublesOf, troublesSince } from './problems.ts';
import { SeesNothing, Troubles } from './Troubles.tsx';

const MANY = 500;
const LAST = 8;
const LAST_FAILED = 3;
const NONE_FAILED = { total: 0, rows: [] };
const FIRST = { start: 0, end: 1 };

export default function OverviewScreen() {
  const { t } = useTranslation();
  useTitle(t('overview.title'));
  const [yesterday] = useState(() => Date.now() - DAY_MS);
  const isAdmin = useIsAdmin();
  const servers = useServers().data ?? [];
  const pools = useAll('pools', '', ['id', 'name_label', 'master'], 'name_label', MANY);
  const hosts = useAll('hosts', '', ['id', 'name_label', 'power_state', 'enabled', 'memory', 'cpus', '$pool'], 'name_label', MANY);
  const srs = useAll('srs', '', ['id', 'name_label', 'size', 'physical_usage', 'content_type', 'SR_type', '$pool'], 'name_label', MANY);
  const vms = useList({ collection: 'vms', filter: '', sort: 'id', fields: ['id'] }, FIRST).total;
  const vmsUp = useList({ collection: 'vms', filter: 'power_state:Running', sort: 'id', fields: ['id'] }, FIRST).total;
  const failed = useEndedTasks(troublesSince(yesterday), LAST_FAILED).data ?? NONE_FAILED;
  const refused = useEndedTasks(refusalsSince(yesterday), 1).data?.total ?? 0;
  const ended = useEndedTasks('', LAST).data?.rows;
  const running = useRunningTasks();
  const isKnown = hosts.total !== undefined && srs.total !== undefined && vms !== undefined;
  const seesNothing = !isAdmin && [vms, pools.total, hosts.total, srs.total].every((total) => total === 0) && servers.length === 0;

  return (
    <>
      <PageSection>
        <Title headingLevel="h1">{t('overview.title')}</Title>
      </PageSection>
      <PageSection aria-label={t('overview.problems')}>
        {isKnown && (seesNothing ? <SeesNothing /> : <Troubles troubles={troublesOf({ servers, hosts: hosts.rows, srs: srs.rows, failed: { ...failed, since: yesterday } })} />)}
        {refused > 0 && (
          <p className="xo-beside">
            <Link to={`/tasks?state=refused&since=${yesterday}`}>{t('overview.refused', { count: refused })}</Link>
          </p>
        )}
      </PageSection>
      {!seesNothing && (
        <PageSection isFilled>
          <div className="xo-cards">
            <Part title={t(pools.total === 0 ? 'noun.vms' : 'noun.pools')}>
              <ul className="xo-plain">
                {pools.rows.map((pool) => (
                  <li key={pool.id} className="xo-line">
                    <Link to={pathOf('pools', pool.id) ?? ''}>{pool.name_label}</Link>
                    <span>{t('overview.hosts', { count: hosts.rows.filter(({ $pool }) => $pool === pool.id).length })}</span>
                  </li>
                ))}
                {vms !== undefined && vmsUp !== undefined && (
                  <li className="xo-line">
                    <Link to="/vms">{t(pools.total === 0 ? 'overview.allVms' : 'noun.vms')}</Link>
                    <Link to="/vms?filter=power_state%3ARunning">{t('overview.vmsUp', { up: vmsUp, count: vms })}</Link>
                  </li>
                )}
              </ul>
            </Part>
            {(hosts.rows.length > 0 || srs.rows.some(isStore)) && (
              <Part title={t('overview.capacity')}>
                <Capacity hosts={hosts.rows} srs={srs.rows} />
              </Part>
            )}
            <Part title={t('tasks.now')}>
              <TaskLines tasks={running.slice(0, LAST)} none={t('tasks.none')} />
            </Part>
            <Part title={t('overview.changes')}>
              <TaskLines tasks={ended} none={t('activity.empty')} />
              <Link to="/tasks">{t('overview.allTasks')}</Link>
            </Part>
          </div>
        </PageSection>
      )}
    </>
  );
}

// Not PatternFly's card: this screen is a part of the first load.
function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="xo-card" aria-label={title}>
      <Title headingLevel="h2" size="md">
        {title}
      </Title>
      {children}
    </section>
  );
}

function TaskLines({ tasks, none }: { tasks: readonly Task[] | undefined; none: string }) {
  if (tasks?.length === 0) return <p>{none}</p>;
  return (
    <ul className="xo-plain">
      {tasks?.map((task) => (
        <li key={task.id} className="xo-line">
          <span>
            {taskName(task)} <TaskObject task={task} />
          </span>
          <span>
            <time dateTime={new Date(task.start).toISOString()}>{clock(task.start)}</time> <TaskState task={task} />
          </span>
        </li>
      ))}
    </ul>
  );
}
