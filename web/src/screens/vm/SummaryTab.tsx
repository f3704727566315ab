// What a VM is, at a glance.
import {
  Card,
  CardBody,
  CardTitle,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  Gallery,
  Label,
  LabelGroup,
} from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import type { Vm } from '../../api/types.ts';
import { bytes, time } from '../../components/units.ts';
import type { TextKey } from '../../i18n.ts';

type Fact = readonly [TextKey, ReactNode];

export default function SummaryTab({ object: vm }: { object: Vm }) {
  const { t } = useTranslation();
  const yesNo = (is: boolean | undefined) => t(is ? 'answer.yes' : 'answer.no');
  const cards: readonly (readonly [TextKey, readonly Fact[]])[] = [
    [
      'summary.general',
      [
        ['column.description', vm.name_description || '–'],
        [
          'column.tags',
          <LabelGroup key="tags">
            {vm.tags.map((tag) => (
              <Label key={tag}>{tag}</Label>
            ))}
          </LabelGroup>,
        ],
        ['column.started', time(vm.startTime)],
        ['summary.installed', time(vm.installTime)],
        ['summary.id', vm.uuid],
      ],
    ],
    [
      'summary.guest',
      [
        ['summary.system', vm.os_version?.name ?? '–'],
        ['summary.addresses', Object.values(vm.addresses).join(', ') || '–'],
        ['summary.agent', yesNo(vm.managementAgentDetected)],
        ['summary.drivers', vm.pvDriversVersion ?? '–'],
      ],
    ],
    [
      'summary.hardware',
      [
        ['column.cpus', `${vm.CPUs.number} / ${vm.CPUs.max}`],
        ['column.memory', bytes(vm.memory.size)],
        ['summary.firmware', vm.boot.firmware ?? 'bios'],
        ['summary.virtualization', vm.virtualizationMode],
      ],
    ],
    [
      'summary.policy',
      [
        ['summary.autoStart', yesNo(vm.auto_poweron)],
        ['summary.ha', vm.high_availability || t('answer.no')],
        ['summary.snapshots', vm.snapshots.length],
      ],
    ],
  ];
  return (
    <Gallery hasGutter minWidths={{ default: '18rem' }}>
      {cards.map(([title, facts]) => (
        <Card key={title} isCompact>
          <CardTitle component="h2">{t(title)}</CardTitle>
          <CardBody>
            <DescriptionList isHorizontal isCompact>
              {facts.map(([label, value]) => (
                <DescriptionListGroup key={label}>
                  <DescriptionListTerm>{t(label)}</DescriptionListTerm>
                  <DescriptionListDescription>{value}</DescriptionListDescription>
                </DescriptionListGroup>
              ))}
            </DescriptionList>
          </CardBody>
        </Card>
      ))}
    </Gallery>
  );
}
