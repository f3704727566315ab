// Problems, before all else: each says what, where, and what to do.
import { Alert, AlertGroup } from '@patternfly/react-core/dist/esm/components/Alert/index.js';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import { problemOfTask } from '../../api/problem.ts';
import { pathOf } from '../../app/paths.ts';
import { Age } from '../../components/Age.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';
import { taskName } from '../../components/taskName.ts';
import { TaskObject } from '../../components/TaskObject.tsx';
import { moment } from '../../components/units.ts';
import type { Trouble } from './problems.ts';

const SHOWN = 8;

export function Troubles({ troubles }: { troubles: readonly Trouble[] }) {
  const { t } = useTranslation();
  if (troubles.length === 0) return <Alert isInline variant="success" title={t('overview.well')} />;
  return (
    <AlertGroup>
      {troubles.slice(0, SHOWN).map((trouble) => (
        <One key={`${trouble.kind} ${trouble.id}`} trouble={trouble} />
      ))}
      {troubles.length > SHOWN && <Alert isInline variant="warning" title={t('confirm.more', { count: troubles.length - SHOWN })} />}
    </AlertGroup>
  );
}

function One({ trouble }: { trouble: Trouble }) {
  const { t } = useTranslation();
  switch (trouble.kind) {
    case 'pool':
      return (
        <Alert isInline variant="danger" title={t(trouble.isTrying ? 'overview.poolTrying' : 'overview.poolLost', { name: trouble.name })}>
          {trouble.since !== undefined && (
            <p>
              <Age since={trouble.since} />
            </p>
          )}
          {trouble.cause && <p>{trouble.cause}</p>}
          <p>{t('hint.503')}</p>
        </Alert>
      );
    case 'hostDown':
    case 'hostDisabled':
      return (
        <Alert isInline variant={trouble.kind === 'hostDown' ? 'danger' : 'warning'} title={t(`overview.${trouble.kind}`, { name: trouble.name })}>
          <Link to={pathOf('hosts', trouble.id) ?? ''}>{t('overview.look')}</Link>
        </Alert>
      );
    case 'srFull':
      return (
        <Alert isInline variant="warning" title={t('overview.srFull', { name: trouble.name, percent: trouble.percent })}>
          <Link to={pathOf('srs', trouble.id) ?? ''}>{t('overview.look')}</Link>
        </Alert>
      );
    case 'tasks':
      return (
        <Alert isInline variant="warning" title={t('overview.tasksFailed', { count: trouble.count })}>
          <ul className="xo-plain">
            {trouble.last.map((task) => (
              <li key={task.id}>
                {moment(task.start)} · {t('overview.taskFailed', { name: taskName(task) })} · <TaskObject task={task} />
                <ProblemText problem={problemOfTask(task.result)} />
              </li>
            ))}
          </ul>
          <Link to="/tasks?state=failure">{t('overview.allFailed')}</Link>
        </Alert>
      );
  }
}
