// The columns of what joins objects, each described once: storage on hosts, interfaces of hosts, interfaces of VMs.
import { useTranslation } from 'react-i18next';

import type { Collections, Pif } from '../api/types.ts';
import { Attached } from './Attached.tsx';
import { ObjectLink } from './ObjectLink.tsx';
import type { Column } from './PlainTable.tsx';

export interface LinkNames {
  pbds: 'host' | 'storage' | 'state' | 'where';
  pifs: 'host' | 'device' | 'network' | 'vlan' | 'address' | 'mac' | 'link' | 'state';
  vifs: 'vm' | 'device' | 'mac' | 'state';
}
export type LinkCollection = keyof LinkNames;

export const LINK_COLUMNS: { [C in LinkCollection]: Record<LinkNames[C], Column<Collections[C]>> } = {
  pbds: {
    host: ['column.host', (pbd) => <ObjectLink collection="hosts" id={pbd.host} />],
    storage: ['column.storage', (pbd) => <ObjectLink collection="srs" id={pbd.SR} />],
    state: ['column.state', (pbd) => <Attached is={pbd.attached} />],
    where: ['infra.where', (pbd) => Object.values(pbd.device_config).join(' ') || '–'],
  },
  pifs: {
    host: ['column.host', (pif) => <ObjectLink collection="hosts" id={pif.$host} />],
    device: ['nics.device', (pif) => pif.device],
    network: ['column.network', (pif) => <ObjectLink collection="networks" id={pif.$network} />],
    vlan: ['infra.vlan', (pif) => (pif.vlan >= 0 ? pif.vlan : '–')],
    address: ['column.address', (pif) => pif.ip || '–'],
    mac: ['nics.mac', (pif) => pif.mac],
    link: ['infra.link', (pif) => <Carrier pif={pif} />],
    state: ['column.state', (pif) => <Attached is={pif.attached} />],
  },
  vifs: {
    vm: ['column.vm', (vif) => <ObjectLink collection="vms" id={vif.$VM} />],
    device: ['nics.device', (vif) => vif.device],
    mac: ['nics.mac', (vif) => vif.MAC],
    state: ['column.state', (vif) => <Attached is={vif.attached} />],
  },
};

function Carrier({ pif }: { pif: Pif }) {
  const { t } = useTranslation();
  return pif.carrier ? t('infra.speed', { count: pif.speed ?? 0 }) : t('infra.noLink');
}
