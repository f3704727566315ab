// The page of a network.

import type { Network } from '../../api/types.ts';
import { Facts } from '../../components/Facts.tsx';
import { containing } from '../../components/filterText.ts';
import { Links } from '../../components/Links.tsx';
import { ObjectLink } from '../../components/ObjectLink.tsx';
import { ObjectPage, type PageSpec } from '../../components/ObjectPage/ObjectPage.tsx';
import { YesNo } from '../../components/YesNo.tsx';

const within = ({ id }: Network) => containing('$network', id);

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
    { path: 'hosts', label: 'noun.hosts', Content: ({ object }) => <Links collection="pifs" label="noun.hosts" filter={within(object)} sort="$host" columns={['host', 'device', 'vlan', 'address', 'state']} /> },
    { path: 'vms', label: 'noun.vms', Content: ({ object }) => <Links collection="vifs" label="noun.vms" filter={within(object)} sort="$VM" columns={['vm', 'device', 'mac', 'state']} /> },
  ],
};

export default function NetworkPage() {
  return <ObjectPage spec={SPEC} />;
}

function Summary({ object: network }: { object: Network }) {
  return (
    <Facts
      cards={[
        [
          'summary.general',
          [
            ['column.description', network.name_description],
            ['column.tags', network.tags.join(', ')],
            ['infra.automatic', <YesNo is={network.automatic} />],
            ['infra.locked', <YesNo is={network.defaultIsLocked} />],
            ['infra.nbd', <YesNo is={network.nbd} />],
            ['summary.id', network.uuid],
          ],
        ],
      ]}
    />
  );
}
