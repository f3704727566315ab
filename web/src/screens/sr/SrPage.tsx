// The page of a storage repository.
import { lazy } from 'react';
import { useTranslation } from 'react-i18next';

import type { Sr } from '../../api/types.ts';
import { Attached } from '../../components/Attached.tsx';
import { Facts } from '../../components/Facts.tsx';
import { containing } from '../../components/filterText.ts';
import { Links } from '../../components/Links.tsx';
import { ObjectLink } from '../../components/ObjectLink.tsx';
import { ObjectPage, type PageSpec } from '../../components/ObjectPage/ObjectPage.tsx';
import { Related } from '../../components/Related.tsx';
import { bytes } from '../../components/units.ts';
import { Usage } from '../../components/Usage.tsx';

const SPEC: PageSpec<'srs'> = {
  collection: 'srs',
  facts: (sr) => [
    ['column.kind', sr.SR_type],
    ['column.usage', <Usage used={sr.physical_usage} of={sr.size} />],
    ['column.pool', <ObjectLink collection="pools" id={sr.$pool} />],
  ],
  mainActions: ['srs.scan'],
  tabs: [
    { path: 'summary', label: 'tab.summary', Content: Summary },
    { path: 'disks', label: 'noun.vdis', Content: ({ object }) => <Related collection="vdis" within={containing('$SR', object.id)} /> },
    { path: 'hosts', label: 'noun.hosts', Content: Hosts },
    { path: 'stats', label: 'stats.tab', Content: lazy(() => import('./StatsTab.tsx')) },
  ],
};

export default function SrPage() {
  return <ObjectPage spec={SPEC} />;
}

function Summary({ object: sr }: { object: Sr }) {
  const { t } = useTranslation();
  return (
    <Facts
      cards={[
        [
          'summary.general',
          [
            ['column.description', sr.name_description],
            ['column.tags', sr.tags.join(', ')],
            ['infra.shared', t(sr.shared ? 'answer.yes' : 'answer.no')],
            ['column.host', sr.$container !== sr.$pool ? <ObjectLink collection="hosts" id={sr.$container} /> : ''],
            ['summary.id', sr.uuid],
          ],
        ],
        [
          'infra.space',
          [
            ['column.size', bytes(sr.size)],
            ['infra.used', bytes(sr.physical_usage)],
            ['infra.promised', bytes(sr.usage)],
            ['infra.allocation', sr.allocationStrategy],
            ['infra.content', sr.content_type],
          ],
        ],
      ]}
    />
  );
}

function Hosts({ object: sr }: { object: Sr }) {
  return (
    <Links
      collection="pbds"
      label="noun.hosts"
      filter={containing('SR', sr.id)}
      sort="host"
      columns={[
        ['column.host', (pbd) => <ObjectLink collection="hosts" id={pbd.host} />],
        ['column.state', (pbd) => <Attached is={pbd.attached} />],
        ['infra.where', (pbd) => Object.values(pbd.device_config).join(' ') || '–'],
      ]}
    />
  );
}
