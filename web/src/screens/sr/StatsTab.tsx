// How storage was used.
import type { Sr } from '../../api/types.ts';
import { SR_PANELS } from '../../components/Charts/series.ts';
import { StatsCharts } from '../../components/Charts/StatsCharts.tsx';

export default function StatsTab({ object: { id } }: { object: Sr }) {
  return <StatsCharts collection="srs" id={id} panels={SR_PANELS} />;
}
