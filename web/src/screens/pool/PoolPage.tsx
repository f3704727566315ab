// The page of a pool.

import type { Pool } from '../../api/types.ts';
import { Facts } from '../../components/Facts.tsx';
import { containing } from '../../components/filterText.ts';
import { ObjectLink } from '../../components/ObjectLink.tsx';
import { ObjectPage, type PageSpec } from '../../components/ObjectPage/ObjectPage.tsx';
import { Related } from '../../components/Related.tsx';
import { YesNo } from '../../components/YesNo.tsx';

const inPool = ({ id }: Pool) => containing('$pool', id);

const SPEC: PageSpec<'pools'> = {
  collection: 'pools',
  facts: (pool) => [
    ['column.master', <ObjectLink collection="hosts" id={pool.master} />],
    ['column.cpus', pool.cpus.cores],
    ['infra.default', pool.default_SR ? <ObjectLink collection="srs" id={pool.default_SR} /> : '–'],
  ],
  mainActions: ['pools.network', 'pools.edit'],
  tabs: [
    { path: 'summary', label: 'tab.summary', Content: Summary },
    { path: 'hosts', label: 'noun.hosts', Content: ({ object }) => <Related collection="hosts" within={inPool(object)} /> },
    { path: 'vms', label: 'noun.vms', Content: ({ object }) => <Related collection="vms" within={inPool(object)} /> },
    { path: 'storage', label: 'noun.srs', Content: ({ object }) => <Related collection="srs" within={inPool(object)} /> },
    { path: 'networks', label: 'noun.networks', Content: ({ object }) => <Related collection="networks" within={inPool(object)} /> },
  ],
};

export default function PoolPage() {
  return <ObjectPage spec={SPEC} />;
}

function Summary({ object: pool }: { object: Pool }) {
  return (
    <Facts
      cards={[
        [
          'summary.general',
          [
            ['column.description', pool.name_description],
            ['column.tags', pool.tags.join(', ')],
            ['infra.platform', pool.platform_version],
            ['summary.id', pool.uuid],
          ],
        ],
        [
          'summary.policy',
          [
            ['summary.ha', <YesNo is={pool.HA_enabled} />],
            ['infra.autoPoweron', <YesNo is={pool.auto_poweron} />],
            ['infra.compression', <YesNo is={pool.migrationCompression} />],
          ],
        ],
      ]}
    />
  );
}
