// Problems, before all else: each says what, where, and what to do.
import { AlertGroup } from '@patternfly/react-core/dist/esm/components/Alert/index.js';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import { useIsAdmin } from '../../api/permissions.ts';
import { problemOfTask } from '../../api/problem.ts';
import { useMe } from '../../api/session.ts';
import { pathOf } from '../../app/paths.ts';
import { useFullName } from '../../app/pools.tsx';
import { Age } from '../../components/Age.tsx';
import { Alert } from '../../components/Alert.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';
import { reasonOf } from '../servers/ConnectProblem.tsx';
import { taskName } from '../../components/taskName.ts';
import { TaskObject } from '../../components/TaskObject.tsx';
import { moment } from '../../components/units.ts';
import type { Trouble } from './problems.ts';

const SHOWN = 8;

export function Troubles({ troubles }: { troubles: readonly Trouble[] }) {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  if (troubles.length === 0) {
    return (
      <Alert isInline variant="success" title={t(isAdmin ? 'overview.well' : 'rights.well')}>
        {!isAdmin && t('rights.wellHelp')}
      </Alert>
    );
  }
  return (
    <AlertGroup>
      {troubles.slice(0, SHOWN).map((trouble) => (
        <One key={`${trouble.kind} ${trouble.id}`} trouble={trouble} />
      ))}
      {troubles.length > SHOWN && <Alert isInline variant="warning" title={t('confirm.more', { count: troubles.length - SHOWN })} />}
    </AlertGroup>
  );
}

/** For whom there is nothing that could be well or not. */
export function SeesNothing() {
  const { t } = useTranslation();
  const me = useMe().data;
  return (
    <Alert isInline variant="info" title={t('rights.seesNothing')}>
      {t('rights.seesNothingHelp', { name: me?.name })} {t('rights.roleHelp')}
    </Alert>
  );
}

function One({ trouble }: { trouble: Trouble }) {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  const fullName = useFullName();
  const nameIn = (what: { id: string; name: string; pool: string }) => fullName({ id: what.id, name_label: what.name, $pool: what.pool });
  switch (trouble.kind) {
    case 'pool': {
      const reason = reasonOf(trouble.code);
      return (
        <Alert isInline variant="danger" title={trouble.name === undefined ? t('overview.aPoolLost') : t(trouble.isTrying ? 'overview.poolTrying' : 'overview.poolLost', { name: trouble.name })}>
          <p>
            <Age since={trouble.since} />
          </p>
          {trouble.cause && <p>{reason === 'other' ? trouble.cause : t(`servers.reason.${reason}`)}</p>}
          <p>{isAdmin ? <Link to="/servers">{t('overview.look')}</Link> : t('rights.tell')}</p>
        </Alert>
      );
    }
    case 'hostDown':
    case 'hostDisabled':
      return (
        <Alert isInline variant={trouble.kind === 'hostDown' ? 'danger' : 'warning'} title={t(`overview.${trouble.kind}`, { name: nameIn(trouble) })}>
          <Link to={pathOf('hosts', trouble.id) ?? ''}>{t('overview.look')}</Link>
        </Alert>
      );
    case 'srFull':
      return (
        <Alert isInline variant="warning" title={t('overview.srFull', { name: nameIn(trouble), percent: trouble.percent })}>
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
          <Link to={`/tasks?state=trouble&since=${trouble.since}`}>{t('overview.allFailed')}</Link>
        </Alert>
      );
  }
}
