// How many tasks run now; leads to them.
import { Label, Spinner } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';

import { useRunningTasks } from '../api/tasks.ts';

export function RunningTasks() {
  const { t } = useTranslation();
  const count = useRunningTasks().length;
  if (count === 0) return null;
  return (
    <Label
      icon={<Spinner isInline aria-hidden />}
      color="blue"
      render={({ className, content }) => (
        <Link to="/tasks" className={className}>
          {content}
        </Link>
      )}
    >
      {t('tasks.running', { count })}
    </Label>
  );
}
