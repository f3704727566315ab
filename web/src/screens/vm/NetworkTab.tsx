// The interfaces of a VM.
import { EmptyState, Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { ActionMenu } from '../../actions/ActionMenu.tsx';
import { ADD_NIC } from '../../actions/devices.ts';
import { InPlace } from '../../actions/InPlace.tsx';
import type { Vm } from '../../api/types.ts';
import { useAll } from '../../api/useList.ts';
import { Attached } from '../../components/Attached.tsx';
import { containing } from '../../components/filterText.ts';
import { ObjectLink } from '../../components/ObjectLink.tsx';
import { PlainTable } from '../../components/PlainTable.tsx';

export default function NetworkTab({ object: vm }: { object: Vm }) {
  const { t } = useTranslation();
  const { rows, total } = useAll('vifs', containing('$VM', vm.id), ['*'], 'device');
  const isRunning = vm.power_state === 'Running';
  const addresses = (device: string) =>
    Object.entries(vm.addresses)
      .filter(([place]) => place.startsWith(`${device}/`))
      .map(([, address]) => address)
      .join(', ');
  return (
    <>
      <Toolbar className="xo-tools" isStatic>
        <ToolbarContent>
          <ToolbarItem>
            <InPlace action={ADD_NIC} object={vm} variant="primary" />
          </ToolbarItem>
        </ToolbarContent>
      </Toolbar>
      {total === 0 && <EmptyState titleText={t('nics.none')} headingLevel="h2" />}
      <PlainTable
        label={t('nics.label')}
        rows={rows}
        columns={[
          ['nics.device', ({ device }) => device],
          ['nics.mac', ({ MAC }) => MAC],
          ['column.network', (vif) => <ObjectLink collection="networks" id={vif.$network} />],
          ['column.address', ({ device }) => addresses(device) || '–'],
          ['column.state', ({ attached }) => isRunning && <Attached is={attached} />],
        ]}
        menu={(vif) => <ActionMenu collection="vifs" objects={[{ ...vif, name_label: t('nics.named', { device: vif.device, mac: vif.MAC }) }]} isOff={!isRunning} />}
      />
    </>
  );
}
