// How a VM was used. Pools measure only what runs.
import { useTranslation } from 'react-i18next';

import type { Vm } from '../../api/types.ts';
import { Alert } from '../../components/Alert.tsx';
import { VM_PANELS } from '../../components/Charts/series.ts';
import { StatsCharts } from '../../components/Charts/StatsCharts.tsx';

export default function StatsTab({ object: vm }: { object: Vm }) {
  const { t } = useTranslation();
  if (vm.power_state === 'Halted' || vm.power_state === 'Suspended') return <Alert isInline variant="info" title={t('stats.isOff', { name: vm.name_label })} />;
  return <StatsCharts collection="vms" id={vm.id} panels={VM_PANELS} />;
}
