// How a host was used.
import type { Host } from '../../api/types.ts';
import { HOST_PANELS } from '../../components/Charts/series.ts';
import { StatsCharts } from '../../components/Charts/StatsCharts.tsx';

export default function StatsTab({ object: { id } }: { object: Host }) {
  return <StatsCharts collection="hosts" id={id} panels={HOST_PANELS} />;
}
