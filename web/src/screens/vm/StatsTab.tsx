// How a VM was used. Pools measure only what runs.
import { useTranslation } from 'react-i18next';

import { useAll } from '../../api/useList.ts';
import type { Vm } from '../../api/types.ts';
import { Alert } from '../../components/Alert.tsx';
import { VM_PANELS } from '../../components/Charts/series.ts';
import { StatsCharts } from '../../components/Charts/StatsCharts.tsx';
import { containing, NOTHING, oneOf } from '../../components/filterText.ts';

export default function StatsTab({ object: vm }: { object: Vm }) {
  const { t } = useTranslation();
  if (vm.power_state === 'Halted' || vm.power_state === 'Suspended') return <Alert isInline variant="info" title={t('stats.isOff', { name: vm.name_label })} />;
  return <Charts vm={vm} />;
}

function Charts({ vm }: { vm: Vm }) {
  const vifs = useAll('vifs', containing('$VM', vm.id), ['id', 'device', '$network']).rows;
  const ids = [...new Set(vifs.map(({ $network }) => $network))];
  const networks = useAll('networks', ids.length > 0 ? oneOf('id', ids) : NOTHING, ['id', 'name_label']).rows;
  // Two interfaces in one network are told apart by their numbers.
  const nameOf = (device: string) => {
    const network = vifs.find((vif) => vif.device === device)?.$network;
    const name = networks.find(({ id }) => id === network)?.name_label;
    if (name === undefined) return device;
    return vifs.filter(({ $network }) => $network === network).length > 1 ? `${name} (${device})` : name;
  };
  return <StatsCharts collection="vms" id={vm.id} panels={VM_PANELS} devices={nameOf} />;
}
