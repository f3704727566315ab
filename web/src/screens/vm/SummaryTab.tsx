// What a VM is, at a glance.
import { Label, LabelGroup } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import type { Vm } from '../../api/types.ts';
import { Facts, type FactCard } from '../../components/Facts.tsx';
import { bytes, time } from '../../components/units.ts';
import { wordOf } from '../../components/word.ts';
import { YesNo } from '../../components/YesNo.tsx';

export default function SummaryTab({ object: vm }: { object: Vm }) {
  const { t } = useTranslation();
  const cards: readonly FactCard[] = [
    [
      'summary.general',
      [
        ['column.description', vm.name_description],
        [
          'column.tags',
          vm.tags.length > 0 && <LabelGroup key="tags" collapsedText={t('labels.more')} expandedText={t('labels.less')}>
            {vm.tags.map((tag) => (
              <Label key={tag}>{tag}</Label>
            ))}
          </LabelGroup>,
        ],
        [vm.power_state === 'Running' || vm.power_state === 'Paused' ? 'column.started' : 'column.lastStarted', time(vm.startTime)],
        ['summary.installed', time(vm.installTime)],
        ['summary.id', vm.uuid],
      ],
    ],
    [
      'summary.guest',
      [
        ['summary.system', vm.os_version?.name],
        ['summary.addresses', Object.values(vm.addresses).join(', ')],
        ['summary.agent', vm.power_state === 'Suspended' ? t('summary.unknownSuspended') : <YesNo is={vm.managementAgentDetected} />],
        ['summary.drivers', vm.pvDriversVersion],
      ],
    ],
    [
      'summary.hardware',
      [
        ['column.cpus', t('summary.cpusOf', { count: vm.CPUs.number, most: vm.CPUs.max })],
        ['column.memory', bytes(vm.memory.size)],
        ['summary.firmware', wordOf('firmware', vm.boot.firmware ?? 'bios')],
        ['summary.virtualization', wordOf('virtualization', vm.virtualizationMode)],
      ],
    ],
    [
      'summary.policy',
      [
        ['summary.autoStart', <YesNo is={vm.auto_poweron} />],
        ['summary.ha', vm.high_availability ? wordOf('ha', vm.high_availability) : <YesNo is={false} />],
        ['summary.snapshots', vm.snapshots.length],
      ],
    ],
  ];
  return <Facts cards={cards} />;
}
