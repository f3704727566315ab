// How a task stands; the word says it, the colour repeats it.
import { Label } from '@patternfly/react-core/dist/esm/components/Label/index.js';
import { useTranslation } from 'react-i18next';

import type { Task } from '../api/types.ts';

const COLOURS = { pending: 'blue', success: 'green', failure: 'red', interrupted: 'orange' } as const;

export function TaskState({ status }: { status: Task['status'] }) {
  const { t } = useTranslation();
  return (
    <Label isCompact color={COLOURS[status]}>
      {t(`taskState.${status}`)}
    </Label>
  );
}
