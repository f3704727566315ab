// The page of a storage repository.
import { lazy } from 'react';

import type { Sr } from '../../api/types.ts';
import { Facts } from '../../components/Facts.tsx';
import { containing } from '../../components/filterText.ts';
import { Links } from '../../components/Links.tsx';
import { ObjectLink } from '../../components/ObjectLink.tsx';
import { ObjectPage, type PageSpec } from '../../components/ObjectPage/ObjectPage.tsx';
import { Related } from '../../components/Related.tsx';
import { hostOf } from '../../components/storage.ts';
import { bytes } from '../../components/units.ts';
import { Usage } from '../../components/Usage.tsx';
import { wordOf } from '../../components/word.ts';
import { YesNo } from '../../components/YesNo.tsx';

const SPEC: PageSpec<'srs'> = {
  collection: 'srs',
  facts: (sr) => [
    ['column.kind', wordOf('srKind', sr.SR_type)],
    ['column.usage', <Usage used={sr.physical_usage} of={sr.size} />],
    ['column.host', hostOf(sr) ? <ObjectLink collection="hosts" id={hostOf(sr) ?? ''} /> : '–'],
    ['column.pool', <ObjectLink collection="pools" id={sr.$pool} />],
  ],
  mainActions: ['srs.scan'],
  tabs: [
    { path: 'summary', label: 'tab.summary', Content: Summary },
    { path: 'disks', label: 'noun.vdis', Content: ({ object }) => <Related collection="vdis" within={containing('$SR', object.id)} /> },
    { path: 'hosts', label: 'noun.hosts', Content: ({ object }) => <Links collection="pbds" label="noun.hosts" filter={containing('SR', object.id)} sort="host" columns={['host', 'state', 'where']} /> },
    { path: 'stats', label: 'stats.tab', Content: lazy(() => import('./StatsTab.tsx')) },
  ],
};

export default function SrPage() {
  return <ObjectPage spec={SPEC} />;
}

function Summary({ object: sr }: { object: Sr }) {
  return (
    <Facts
      cards={[
        [
          'summary.general',
          [
            ['column.description', sr.name_description],
            ['column.tags', sr.tags.join(', ')],
            ['infra.shared', <YesNo is={sr.shared} />],
            ['summary.id', sr.uuid],
          ],
        ],
        [
          'infra.space',
          [
            ['column.size', bytes(sr.size)],
            ['infra.used', bytes(sr.physical_usage)],
            ['infra.promised', bytes(sr.usage)],
            ['infra.allocation', wordOf('allocation', sr.allocationStrategy)],
            ['infra.content', wordOf('content', sr.content_type)],
          ],
        ],
      ]}
    />
  );
}
