// The disks of a VM and its CD drives.
import { EmptyState, Label, Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { ADD_DISK, attachDisk } from '../../actions/devices.ts';
import { ActionMenu } from '../../actions/ActionMenu.tsx';
import { InPlace } from '../../actions/InPlace.tsx';
import type { Vbd, Vm } from '../../api/types.ts';
import { useAll } from '../../api/useList.ts';
import { Attached } from '../../components/Attached.tsx';
import { containing, NOTHING, oneOf } from '../../components/filterText.ts';
import { ObjectLink } from '../../components/ObjectLink.tsx';
import { PlainTable } from '../../components/PlainTable.tsx';
import { bytes } from '../../components/units.ts';
import { CdButtons, useImageRepositories } from './ConsoleTab.tsx';

const VBD_FIELDS = ['id', '$pool', 'VM', 'VDI', 'attached', 'bootable', 'device', 'is_cd_drive', 'position', 'read_only'];
const VDI_FIELDS = ['id', '$pool', 'name_label', 'name_description', 'size', 'usage', '$SR', '$VBDs'];

export default function DisksTab({ object: vm }: { object: Vm }) {
  const { t } = useTranslation();
  const { rows: vbds } = useAll('vbds', containing('VM', vm.id), VBD_FIELDS, 'position');
  const repositories = useImageRepositories(vm.$pool);
  const isRunning = vm.power_state === 'Running';
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
      <PlainTable
        label={t('noun.vdis')}
        rows={vbds.map((vbd) => ({ id: vbd.id, vbd, vdi: vdis.find(({ id }) => id === vbd.VDI) }))}
        columns={[
          ['disks.position', ({ vbd }) => <Position vbd={vbd} />],
          ['column.name', ({ vbd, vdi }) => vdi?.name_label ?? (vbd.is_cd_drive ? t('disks.empty') : '…')],
          ['column.size', ({ vdi }) => bytes(vdi?.size)],
          ['column.storage', ({ vdi }) => vdi && <ObjectLink collection="srs" id={vdi.$SR} />],
          ['column.state', ({ vbd }) => isRunning && <Attached is={vbd.attached} />],
        ]}
        menu={({ vbd, vdi }) => (
          <ActionMenu collection="vbds" objects={[vdi ? { ...vbd, name_label: vdi.name_label } : vbd]} isOff={!isRunning} also={vdi && !vbd.is_cd_drive ? { collection: 'vdis', object: vdi } : undefined} />
        )}
      />
    </>
  );
}

function Position({ vbd: { device, position, is_cd_drive: isCd, bootable, read_only: isReadOnly } }: { vbd: Vbd }) {
  const { t } = useTranslation();
  return (
    <>
      {device ?? position} {isCd && <Label isCompact>CD</Label>} {bootable && <Label isCompact>{t('disks.boots')}</Label>}{' '}
      {isReadOnly && !isCd && <Label isCompact>{t('disks.readOnly')}</Label>}
    </>
  );
}
