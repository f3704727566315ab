// The snapshots of a VM as the tree that they are: each below the one that it was taken after; the VM's present state is a leaf.
import { EmptyState, Flex, FlexItem, Label, Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { ActionMenu } from '../../actions/ActionMenu.tsx';
import { actionsOf } from '../../actions/index.ts';
import { InPlace } from '../../actions/InPlace.tsx';
import type { Vm, VmSnapshot } from '../../api/types.ts';
import { useAll } from '../../api/useList.ts';
import { containing } from '../../components/filterText.ts';
import { time } from '../../components/units.ts';

const FIELDS = ['id', '$pool', 'name_label', 'name_description', 'snapshot_time', '$snapshot_of', 'parent', 'power_state'];
const SHOWN = 200;

export default function SnapshotsTab({ object: vm }: { object: Vm }) {
  const { t } = useTranslation();
  const { rows, total } = useAll('vm-snapshots', containing('$snapshot_of', vm.id), FIELDS, 'snapshot_time', SHOWN);
  const take = actionsOf('vms').find((action) => action.id === 'vms.snapshot');
  const known = new Set(rows.map((snapshot) => snapshot.id));
  const below = (parent: string | undefined) => rows.filter((snapshot) => (snapshot.parent && known.has(snapshot.parent) ? snapshot.parent : undefined) === parent);
  const here = vm.parent && known.has(vm.parent) ? vm.parent : undefined;
  const branch = (parent: string | undefined): ReactNode => {
    const snapshots = below(parent);
    if (snapshots.length === 0 && here !== parent) return null;
    return (
      <ul className="xo-branch">
        {snapshots.map((snapshot) => (
          <li key={snapshot.id}>
            <Snapshot snapshot={snapshot} />
            {branch(snapshot.id)}
          </li>
        ))}
        {here === parent && (
          <li>
            <Label color="green">{t('snaps.here')}</Label>
          </li>
        )}
      </ul>
    );
  };
  return (
    <>
      <Toolbar className="xo-tools" isStatic>
        <ToolbarContent>
          <ToolbarItem>{take && <InPlace action={take} object={vm} variant="primary" />}</ToolbarItem>
        </ToolbarContent>
      </Toolbar>
      {total === 0 ? <EmptyState titleText={t('snaps.none')} headingLevel="h2" /> : branch(undefined)}
    </>
  );
}

function Snapshot({ snapshot }: { snapshot: VmSnapshot }) {
  const { t } = useTranslation();
  return (
    <Flex spaceItems={{ default: 'spaceItemsSm' }} alignItems={{ default: 'alignItemsCenter' }}>
      <FlexItem>
        <strong>{snapshot.name_label}</strong>
      </FlexItem>
      {snapshot.power_state === 'Suspended' && <Label isCompact>{t('snaps.memory')}</Label>}
      <FlexItem>{time(snapshot.snapshot_time)}</FlexItem>
      <FlexItem>{snapshot.name_description}</FlexItem>
      <FlexItem>
        <ActionMenu collection="vm-snapshots" objects={[snapshot]} name={snapshot.name_label} />
      </FlexItem>
    </Flex>
  );
}
