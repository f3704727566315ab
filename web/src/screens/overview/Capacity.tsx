// How much of the CPUs, the memory and the storage is in use, over all pools.
import { Progress, ProgressMeasureLocation, ProgressSize } from '@patternfly/react-core/dist/esm/components/Progress/index.js';
import { useQueries } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { get } from '../../api/http.ts';
import type { Host, Sr } from '../../api/types.ts';
import { bytes } from '../../components/units.ts';
import { loadOf } from './load.ts';
import { isStore } from './problems.ts';

/** Statistics are asked for host by host, so not of many. */
const MEASURED = 16;
const STEP_MS = 60_000;

export function Capacity({ hosts, srs }: { hosts: readonly Host[]; srs: readonly Sr[] }) {
  const { t } = useTranslation();
  const up = hosts.filter(({ power_state }) => power_state === 'Running');
  const stores = srs.filter(isStore);
  const sum = <T,>(list: readonly T[], of: (one: T) => number) => list.reduce((total, one) => total + of(one), 0);
  const cores = sum(up, (host) => host.cpus.cores);
  const load = useLoad(up.length <= MEASURED ? up : []);
  const [memory, memorySize] = [sum(up, (host) => host.memory.usage), sum(up, (host) => host.memory.size)];
  const [stored, storeSize] = [sum(stores, (sr) => sr.physical_usage), sum(stores, (sr) => sr.size)];
  // What the user may not see has no bar.
  return (
    <div className="xo-part">
      {hosts.length > 0 && <Bar title={t('stats.cpu')} share={load} text={load === undefined ? t('overview.cores', { count: cores }) : `${Math.round(100 * load)} % · ${t('overview.cores', { count: cores })}`} />}
      {hosts.length > 0 && <Bar title={t('column.memory')} share={memorySize > 0 ? memory / memorySize : undefined} text={`${bytes(memory)} / ${bytes(memorySize)}`} />}
      {stores.length > 0 && <Bar title={t('noun.srs')} share={storeSize > 0 ? stored / storeSize : undefined} text={`${bytes(stored)} / ${bytes(storeSize)}`} />}
    </div>
  );
}

function Bar({ title, share = 0, text }: { title: string; share: number | undefined; text: string }) {
  return <Progress title={title} value={Math.round(100 * share)} label={text} size={ProgressSize.sm} measureLocation={ProgressMeasureLocation.top} />;
}

/** The share of the cores that is busy; `undefined` while nobody knows. */
function useLoad(hosts: readonly Host[]): number | undefined {
  const answers = useQueries({
    queries: hosts.map(({ id }) => ({
      queryKey: ['stats', 'hosts', id, 'minutes'],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<{ stats: { cpus?: Record<string, (number | null)[]> } }>(`/hosts/${id}/stats`, { granularity: 'minutes' }, signal),
      // Statistics are no objects and have no events.
      refetchInterval: STEP_MS,
    })),
  });
  return loadOf(answers.map(({ data }, i) => ({ cores: hosts[i]?.cpus.cores ?? 0, cpus: data?.stats.cpus })));
}
