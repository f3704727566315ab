// The interfaces of a VM.
import { EmptyState, Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useTranslation } from 'react-i18next';

import { ActionMenu } from '../../actions/ActionMenu.tsx';
import { ADD_NIC } from '../../actions/devices.ts';
import { InPlace } from '../../actions/InPlace.tsx';
import type { Vm } from '../../api/types.ts';
import { useAll } from '../../api/useList.ts';
import { Attached } from '../../components/Attached.tsx';
import { containing } from '../../components/filterText.ts';
import { ObjectLink } from '../../components/ObjectLink.tsx';

export default function NetworkTab({ object: vm }: { object: Vm }) {
  const { t } = useTranslation();
  const { rows, total } = useAll('vifs', containing('$VM', vm.id), ['*'], 'device');
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
      <Table variant="compact" aria-label={t('nics.label')}>
        <Thead>
          <Tr>
            <Th>{t('nics.device')}</Th>
            <Th>{t('nics.mac')}</Th>
            <Th>{t('column.network')}</Th>
            <Th>{t('column.address')}</Th>
            <Th>{t('column.state')}</Th>
            <Th screenReaderText={t('action.menu')} />
          </Tr>
        </Thead>
        <Tbody>
          {rows.map((vif) => (
            <Tr key={vif.id}>
              <Td dataLabel={t('nics.device')}>{vif.device}</Td>
              <Td dataLabel={t('nics.mac')}>{vif.MAC}</Td>
              <Td dataLabel={t('column.network')}>
                <ObjectLink collection="networks" id={vif.$network} />
              </Td>
              <Td dataLabel={t('column.address')}>{addresses(vif.device) || '–'}</Td>
              <Td dataLabel={t('column.state')}>{vm.power_state === 'Running' && <Attached is={vif.attached} />}</Td>
              <Td isActionCell>
                <ActionMenu collection="vifs" objects={[{ ...vif, name_label: t('nics.named', { device: vif.device, mac: vif.MAC }) }]} isOff={vm.power_state !== 'Running'} />
              </Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
    </>
  );
}
