// Who asked for a task.
import { useTranslation } from 'react-i18next';

import { useUserName } from '../api/accounts.ts';
import type { Task } from '../api/types.ts';

export function TaskUser({ task }: { task: Task }) {
  const { t } = useTranslation();
  const name = useUserName(task.properties.userId);
  return name === null ? t('tasks.goneUser') : (name ?? '–');
}
