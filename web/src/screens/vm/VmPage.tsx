// The page of a VM. A tab is a file of this folder and a line here.
import { lazy } from 'react';

import { ObjectLink } from '../../components/ObjectLink.tsx';
import { ObjectPage, type PageSpec } from '../../components/ObjectPage/ObjectPage.tsx';
import { StateLabel } from '../../components/StateLabel.tsx';
import { bytes } from '../../components/units.ts';

const SPEC: PageSpec<'vms'> = {
  collection: 'vms',
  state: (vm) => <StateLabel state={vm.power_state} />,
  facts: (vm) => [
    ['column.cpus', vm.CPUs.number],
    ['column.memory', bytes(vm.memory.size)],
    ['column.address', vm.mainIpAddress ?? '–'],
    ['column.host', vm.$container === vm.$pool ? '–' : <ObjectLink collection="hosts" id={vm.$container} />],
    ['column.pool', <ObjectLink collection="pools" id={vm.$pool} />],
  ],
  mainActions: ['vms.start', 'vms.resume', 'vms.unpause', 'vms.shutdown', 'vms.reboot'],
  tabs: [
    { path: 'summary', label: 'tab.summary', Content: lazy(() => import('./SummaryTab.tsx')) },
    { path: 'console', label: 'console.tab', Content: lazy(() => import('./ConsoleTab.tsx')) },
    { path: 'stats', label: 'stats.tab', Content: lazy(() => import('./StatsTab.tsx')) },
    { path: 'disks', label: 'noun.vdis', Content: lazy(() => import('./DisksTab.tsx')) },
    { path: 'network', label: 'nics.tab', Content: lazy(() => import('./NetworkTab.tsx')) },
    { path: 'snapshots', label: 'summary.snapshots', Content: lazy(() => import('./SnapshotsTab.tsx')) },
    { path: 'settings', label: 'edit.tab', Content: lazy(() => import('./SettingsTab.tsx')) },
  ],
};

export default function VmPage() {
  return <ObjectPage spec={SPEC} />;
}
