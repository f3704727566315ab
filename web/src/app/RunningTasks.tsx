// How many tasks run now; opens and closes their drawer.
import { Button, Spinner } from '@patternfly/react-core';
import TasksIcon from '@patternfly/react-icons/dist/esm/icons/tasks-icon';
import type { Ref } from 'react';
import { useTranslation } from 'react-i18next';

import { useRunningTasks } from '../api/tasks.ts';

interface Props {
  isOpen: boolean;
  onToggle: () => void;
  ref: Ref<HTMLButtonElement>;
}

export function RunningTasks({ isOpen, onToggle, ref }: Props) {
  const { t } = useTranslation();
  const count = useRunningTasks().length;
  const label = count === 0 ? t('tasks.title') : t('tasks.running', { count });
  return (
    <Button ref={ref} variant="plain" aria-expanded={isOpen} aria-label={label} title={label} icon={count === 0 ? <TasksIcon /> : <Spinner isInline aria-hidden />} onClick={onToggle}>
      {count > 0 && count}
    </Button>
  );
}
