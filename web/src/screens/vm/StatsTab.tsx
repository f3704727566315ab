// How a VM was used.
import { VM_PANELS } from '../../components/Charts/series.ts';
import { StatsCharts } from '../../components/Charts/StatsCharts.tsx';
import type { Vm } from '../../api/types.ts';

export default function StatsTab({ object: { id } }: { object: Vm }) {
  return <StatsCharts collection="vms" id={id} panels={VM_PANELS} />;
}
