// The page of a host.
import { Label } from '@patternfly/react-core';
import { lazy } from 'react';
import { useTranslation } from 'react-i18next';

import type { Host } from '../../api/types.ts';
import { Facts } from '../../components/Facts.tsx';
import { containing } from '../../components/filterText.ts';
import { Links } from '../../components/Links.tsx';
import { ObjectLink } from '../../components/ObjectLink.tsx';
import { ObjectPage, type PageSpec } from '../../components/ObjectPage/ObjectPage.tsx';
import { Related } from '../../components/Related.tsx';
import { StateLabel } from '../../components/StateLabel.tsx';
import { bytes, time } from '../../components/units.ts';
import { Usage } from '../../components/Usage.tsx';
import { YesNo } from '../../components/YesNo.tsx';

const SPEC: PageSpec<'hosts'> = {
  collection: 'hosts',
  state: (host) => <State host={host} />,
  facts: (host) => [
    ['column.address', host.address],
    ['column.cpus', host.cpus.cores],
    ['column.memory', <Usage used={host.memory.usage} of={host.memory.size} />],
    ['column.version', `${host.productBrand} ${host.version}`],
    ['column.pool', <ObjectLink collection="pools" id={host.$pool} />],
  ],
  mainActions: ['hosts.start', 'hosts.enable', 'hosts.maintain', 'hosts.reboot'],
  tabs: [
    { path: 'summary', label: 'tab.summary', Content: Summary },
    { path: 'vms', label: 'noun.vms', Content: ({ object }) => <Related collection="vms" within={containing('$container', object.id)} /> },
    { path: 'console', label: 'console.tab', Content: lazy(() => import('./ConsoleTab.tsx')) },
    { path: 'stats', label: 'stats.tab', Content: lazy(() => import('./StatsTab.tsx')) },
    { path: 'storage', label: 'column.storage', Content: ({ object }) => <Links collection="pbds" label="column.storage" filter={containing('host', object.id)} sort="SR" columns={['storage', 'state', 'where']} /> },
    { path: 'network', label: 'nics.tab', Content: Interfaces },
  ],
};

export default function HostPage() {
  return <ObjectPage spec={SPEC} />;
}

function State({ host }: { host: Host }) {
  const { t } = useTranslation();
  return (
    <>
      <StateLabel state={host.power_state} />{' '}
      {host.power_state === 'Running' && !host.enabled && (
        <Label isCompact color="orange">
          {t('infra.disabled')}
        </Label>
      )}
    </>
  );
}

function Summary({ object: host }: { object: Host }) {
  const { t } = useTranslation();
  return (
    <Facts
      cards={[
        [
          'summary.general',
          [
            ['column.description', host.name_description],
            ['infra.hostname', host.hostname],
            ['column.started', time(host.startTime)],
            ['infra.vms', host.residentVms.filter((id) => id !== host.controlDomain).length],
            ['summary.id', host.uuid],
          ],
        ],
        [
          'summary.hardware',
          [
            ['infra.machine', [host.bios_strings['system-manufacturer'], host.bios_strings['system-product-name']].filter(Boolean).join(' ')],
            ['infra.serial', host.bios_strings['system-serial-number']],
            ['infra.processor', host.CPUs.modelname],
            ['column.cpus', t('summary.coresOn', { cores: t('overview.cores', { count: host.cpus.cores }), count: host.cpus.sockets })],
            ['column.memory', bytes(host.memory.size)],
          ],
        ],
        [
          'infra.software',
          [
            ['column.version', `${host.productBrand} ${host.version}`],
            ['infra.build', host.build],
            ['infra.iqn', host.iscsiIqn],
            ['infra.multipathing', <YesNo is={host.multipathing} />],
          ],
        ],
      ]}
    />
  );
}

function Interfaces({ object: host }: { object: Host }) {
  return (
    <Links
      collection="pifs"
      label="nics.label"
      filter={containing('$host', host.id)}
      sort="device"
      columns={['device', 'network', 'vlan', 'address', 'mac', 'link', 'state']}
    />
  );
}
