// How a task stands; the word says it, the colour repeats it.
import { useTranslation } from 'react-i18next';

import type { Task } from '../api/types.ts';
import { Chip } from './Chip.tsx';
import { outcomeOf } from './outcome.ts';

const COLOURS = { pending: 'blue', success: 'green', failure: 'red', interrupted: 'orange', stopped: 'grey' } as const;

export function TaskState({ task }: { task: Task }) {
  const { t } = useTranslation();
  const outcome = outcomeOf(task);
  return <Chip color={COLOURS[outcome]}>{t(`taskState.${outcome}`)}</Chip>;
}
