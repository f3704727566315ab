// The power state of a VM or a host; the word says it, the colour repeats it.
import { useTranslation } from 'react-i18next';

import type { Host, Vm } from '../api/types.ts';
import { Chip } from './Chip.tsx';

type State = Vm['power_state'] | Host['power_state'];
const COLOURS = { Running: 'green', Halted: 'grey', Paused: 'yellow', Suspended: 'blue', Unknown: 'orange' } as const;

export function StateLabel({ state }: { state: State }) {
  const { t } = useTranslation();
  return <Chip color={COLOURS[state]}>{t(`state.${state}`)}</Chip>;
}
