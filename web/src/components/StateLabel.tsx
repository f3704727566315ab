// The power state of a VM or a host; the word says it, the colour repeats it. It is drawn again with what it is in, also for another language.
import i18next from 'i18next';

import type { Host, Vm } from '../api/types.ts';
import { Chip } from './Chip.tsx';

type State = Vm['power_state'] | Host['power_state'];
const COLOURS = { Running: 'green', Halted: 'grey', Paused: 'yellow', Suspended: 'blue', Unknown: 'orange' } as const;

export function StateLabel({ state }: { state: State }) {
  return <Chip color={COLOURS[state]}>{i18next.t(`state.${state}`)}</Chip>;
}
