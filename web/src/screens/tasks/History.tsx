// Tasks that have ended: how, of which object, and for those that failed why and what to do.
import { Button, EmptyState, Spinner, ToggleGroup, ToggleGroupItem } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'wouter';

import { useEndedTasks } from '../../api/useTasks.ts';
import { Alert } from '../../components/Alert.tsx';
import { FAILED, STOPPED } from '../../components/outcome.ts';
import { ProblemText } from '../../components/ProblemText.tsx';
import { TaskTable } from '../../components/TaskTable.tsx';
import { moment } from '../../components/units.ts';
import { DAY_MS, refusalsSince, troublesSince } from '../overview/problems.ts';

const STEP = 50;
const STATES = ['all', 'failure', 'trouble', 'refused', 'stopped', 'interrupted', 'success'] as const;
const FILTERS = { all: '', failure: FAILED, stopped: STOPPED, interrupted: 'status:interrupted', success: 'status:success' };

export function History() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const [limit, setLimit] = useState(STEP);
  const state = STATES.find((one) => one === params.get('state')) ?? 'all';
  // The overview says since when it counted.
  const [yesterday] = useState(() => Date.now() - DAY_MS);
  const since = Number(params.get('since')) || yesterday;
  const filter = state === 'trouble' ? troublesSince(since) : state === 'refused' ? refusalsSince(since) : FILTERS[state];
  const { data, error } = useEndedTasks(filter, limit);
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
      {state === 'refused' && <p className="xo-bar-below">{t('tasks.refusedHelp', { since: moment(since) })}</p>}
      {state === 'trouble' && <p className="xo-bar-below">{t('tasks.troubleHelp', { since: moment(since) })}</p>}
      {data && data.total > 0 && <p className="xo-bar-below">{t('tasks.count', { count: data.total })}</p>}
      {data && data.total > 0 && <TaskTable label="tasks.history" tasks={data.rows} columns={['started', 'task', 'about', 'who', 'state', 'took', 'result']} />}
      {data && data.total > data.rows.length && (
        <Button variant="link" onClick={() => setLimit(limit + STEP)}>
          {t('tasks.more', { count: data.total - data.rows.length })}
        </Button>
      )}
    </>
  );
}
