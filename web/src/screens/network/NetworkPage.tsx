// The page of a network.
import { useTranslation } from 'react-i18next';

import type { Network } from '../../api/types.ts';
import { Attached } from '../../components/Attached.tsx';
import { Facts } from '../../components/Facts.tsx';
import { containing } from '../../components/filterText.ts';
import { Links } from '../../components/Links.tsx';
import { ObjectLink } from '../../components/ObjectLink.tsx';
import { ObjectPage, type PageSpec } from '../../components/ObjectPage/ObjectPage.tsx';

const SPEC: PageSpec<'networks'> = {
  collection: 'networks',
  facts: (network) => [
    ['column.bridge', network.bridge],
    ['column.mtu', network.MTU],
    ['column.pool', <ObjectLink collection="pools" id={network.$pool} />],
  ],
  mainActions: ['networks.edit'],
  tabs: [
    { path: 'summary', label: 'tab.summary', Content: Summary },
    { path: 'hosts', label: 'noun.hosts', Content: Hosts },
    { path: 'vms', label: 'noun.vms', Content: Vms },
  ],
};

export default function NetworkPage() {
  return <ObjectPage spec={SPEC} />;
}

function Summary({ object: network }: { object: Network }) {
  const { t } = useTranslation();
  const yesNo = (is: boolean | undefined) => t(is ? 'answer.yes' : 'answer.no');
  return (
    <Facts
      cards={[
        [
          'summary.general',
          [
            ['column.description', network.name_description],
            ['column.tags', network.tags.join(', ')],
            ['infra.automatic', yesNo(network.automatic)],
            ['infra.locked', yesNo(network.defaultIsLocked)],
            ['infra.nbd', yesNo(network.nbd)],
            ['summary.id', network.uuid],
          ],
        ],
      ]}
    />
  );
}

function Hosts({ object: network }: { object: Network }) {
  return (
    <Links
      collection="pifs"
      label="noun.hosts"
      filter={containing('$network', network.id)}
      sort="$host"
      columns={[
        ['column.host', (pif) => <ObjectLink collection="hosts" id={pif.$host} />],
        ['nics.device', (pif) => pif.device],
        ['infra.vlan', (pif) => (pif.vlan >= 0 ? pif.vlan : '–')],
        ['column.address', (pif) => pif.ip || '–'],
        ['column.state', (pif) => <Attached is={pif.attached} />],
      ]}
    />
  );
}

function Vms({ object: network }: { object: Network }) {
  return (
    <Links
      collection="vifs"
      label="noun.vms"
      filter={containing('$network', network.id)}
      sort="$VM"
      columns={[
        ['column.vm', (vif) => <ObjectLink collection="vms" id={vif.$VM} />],
        ['nics.device', (vif) => vif.device],
        ['nics.mac', (vif) => vif.MAC],
        ['column.state', (vif) => <Attached is={vif.attached} />],
      ]}
    />
  );
}
