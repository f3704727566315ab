// How a task stands; the word says it, the colour repeats it.
import { useTranslation } from 'react-i18next';

import type { Task } from '../api/types.ts';
import { Chip } from './Chip.tsx';

const COLOURS = { pending: 'blue', success: 'green', failure: 'red', interrupted: 'orange' } as const;

export function TaskState({ status }: { status: Task['status'] }) {
  const { t } = useTranslation();
  return <Chip color={COLOURS[status]}>{t(`taskState.${status}`)}</Chip>;
}
