// The disks of a VM and its CD drives.
import { EmptyState, Label, Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useTranslation } from 'react-i18next';

import { ADD_DISK, attachDisk } from '../../actions/devices.ts';
import { ActionMenu } from '../../actions/ActionMenu.tsx';
import { InPlace } from '../../actions/InPlace.tsx';
import type { Vbd, Vdi, Vm } from '../../api/types.ts';
import { useAll } from '../../api/useList.ts';
import { Attached } from '../../components/Attached.tsx';
import { containing, NOTHING, oneOf } from '../../components/filterText.ts';
import { ObjectLink } from '../../components/ObjectLink.tsx';
import { bytes } from '../../components/units.ts';
import { CdButtons, useImageRepositories } from './ConsoleTab.tsx';

const VBD_FIELDS = ['id', '$pool', 'VM', 'VDI', 'attached', 'bootable', 'device', 'is_cd_drive', 'position', 'read_only'];
const VDI_FIELDS = ['id', '$pool', 'name_label', 'name_description', 'size', 'usage', '$SR', '$VBDs'];

export default function DisksTab({ object: vm }: { object: Vm }) {
  const { t } = useTranslation();
  const { rows: vbds } = useAll('vbds', containing('VM', vm.id), VBD_FIELDS, 'position');
  const repositories = useImageRepositories(vm.$pool);
  const ids = vbds.flatMap(({ VDI }) => (VDI ? [VDI] : []));
  const { rows: vdis } = useAll('vdis', ids.length > 0 ? oneOf('id', ids) : NOTHING, VDI_FIELDS);
  return (
    <>
      <Toolbar className="xo-tools" isStatic>
        <ToolbarContent>
          <ToolbarItem>
            <InPlace action={ADD_DISK} object={vm} variant="primary" />
          </ToolbarItem>
          <ToolbarItem>
            <InPlace action={attachDisk(repositories)} object={vm} />
          </ToolbarItem>
          <CdButtons vm={vm} />
        </ToolbarContent>
      </Toolbar>
      {vbds.length === 0 && <EmptyState titleText={t('disks.none')} headingLevel="h2" />}
      <Table variant="compact" aria-label={t('noun.vdis')}>
        <Thead>
          <Tr>
            <Th>{t('disks.position')}</Th>
            <Th>{t('column.name')}</Th>
            <Th>{t('column.size')}</Th>
            <Th>{t('column.storage')}</Th>
            <Th>{t('column.state')}</Th>
            <Th screenReaderText={t('action.menu')} />
          </Tr>
        </Thead>
        <Tbody>
          {vbds.map((vbd) => (
            <DiskRow key={vbd.id} vbd={vbd} vdi={vdis.find((one) => one.id === vbd.VDI)} isRunning={vm.power_state === 'Running'} />
          ))}
        </Tbody>
      </Table>
    </>
  );
}

function DiskRow({ vbd, vdi, isRunning }: { vbd: Vbd; vdi: Vdi | undefined; isRunning: boolean }) {
  const { t } = useTranslation();
  return (
    <Tr>
      <Td dataLabel={t('disks.position')}>
        {vbd.device ?? vbd.position}{' '}
        {vbd.is_cd_drive && <Label isCompact>CD</Label>} {vbd.bootable && <Label isCompact>{t('disks.boots')}</Label>}{' '}
        {vbd.read_only && !vbd.is_cd_drive && <Label isCompact>{t('disks.readOnly')}</Label>}
      </Td>
      <Td dataLabel={t('column.name')}>{vdi?.name_label ?? (vbd.is_cd_drive ? t('disks.empty') : '…')}</Td>
      <Td dataLabel={t('column.size')}>{bytes(vdi?.size)}</Td>
      <Td dataLabel={t('column.storage')}>{vdi && <ObjectLink collection="srs" id={vdi.$SR} />}</Td>
      <Td dataLabel={t('column.state')}>{isRunning && <Attached is={vbd.attached} />}</Td>
      <Td isActionCell>
        <ActionMenu collection="vbds" objects={[vdi ? { ...vbd, name_label: vdi.name_label } : vbd]} isOff={!isRunning} also={vdi && !vbd.is_cd_drive ? { collection: 'vdis', object: vdi } : undefined} />
      </Td>
    </Tr>
  );
}
