// What can be done to disks, snapshots and templates.
import type { Vdi } from '../api/types.ts';
import { containing } from '../components/filterText.ts';
import { type Action, deletes, given, patches, posts } from './action.ts';
import { MOST_DISK } from './flaws.ts';
import { when } from './reasons.ts';

export const VDI_ACTIONS: Action<'vdis'>[] = [
  {
    id: 'vdis.edit',
    collection: 'vdis',
    label: 'disks.edit',
    ask: (vdi) => [
      { name: 'name_label', label: 'column.name', kind: 'text', initial: vdi.name_label, isRequired: true },
      { name: 'name_description', label: 'column.description', kind: 'text', initial: vdi.name_description },
      { name: 'size', label: 'column.size', kind: 'size', initial: vdi.size, least: vdi.size, most: MOST_DISK, isRequired: true, help: 'disks.sizeHelp', vbds: vdi.$VBDs },
    ],
    call: (vdi, values) => patches('vdis', vdi.id, Object.fromEntries(Object.entries(values).filter(([name, value]) => vdi[name as keyof Vdi] !== value))),
    confirm: 'none',
    bulk: false,
  },
  {
    id: 'vdis.migrate',
    collection: 'vdis',
    label: 'disks.move',
    ask: (vdi) => [
      { name: 'srId', label: 'column.storage', kind: 'object', collection: 'srs', filter: `${containing('$pool', vdi.$pool)} content_type:/^user$/ !id:${vdi.$SR}`, need: { room: vdi.size }, isRequired: true },
    ],
    call: (vdi, values) => posts('vdis', 'migrate', values)(vdi),
    confirm: 'none',
    bulk: false,
  },
  { id: 'vdis.delete', collection: 'vdis', label: 'disks.delete', call: deletes('vdis'), whyNot: ({ $VBDs }) => ($VBDs.length > 0 ? { vbds: $VBDs } : undefined), confirm: 'type-name', bulk: true, danger: true },
];

export const SNAPSHOT_ACTIONS: Action<'vm-snapshots'>[] = [
  {
    id: 'vm-snapshots.revert',
    needs: 'operate',
    collection: 'vm-snapshots',
    label: 'snaps.revert',
    warns: 'snaps.warns',
    ask: () => [{ name: 'snapshotBefore', label: 'snaps.before', kind: 'flag', initial: true, help: 'snaps.beforeHelp' }],
    call: (snapshot, values) => posts('vms', 'revert_snapshot', { ...values, snapshotId: snapshot.id })({ id: snapshot.$snapshot_of }),
    whyNot: (snapshot) => when(!snapshot.$snapshot_of, 'why.noVm'),
    confirm: 'confirm',
    bulk: false,
    danger: true,
  },
  {
    id: 'vm-snapshots.edit',
    collection: 'vm-snapshots',
    label: 'snaps.edit',
    ask: (snapshot) => [
      { name: 'nameLabel', label: 'column.name', kind: 'text', initial: snapshot.name_label, isRequired: true },
      { name: 'nameDescription', label: 'column.description', kind: 'text', initial: snapshot.name_description },
    ],
    call: (snapshot, values) => patches('vm-snapshots', snapshot.id, values),
    confirm: 'none',
    bulk: false,
  },
  { id: 'vm-snapshots.template', collection: 'vm-snapshots', label: 'snaps.template', call: posts('vm-snapshots', 'copy_to_template'), confirm: 'none', bulk: true },
  { id: 'vm-snapshots.delete', collection: 'vm-snapshots', label: 'snaps.delete', call: deletes('vm-snapshots'), confirm: 'confirm', bulk: true, danger: true },
];

export const TEMPLATE_ACTIONS: Action<'vm-templates'>[] = [
  {
    id: 'vm-templates.edit',
    collection: 'vm-templates',
    label: 'templates.edit',
    ask: (template) => [
      { name: 'nameLabel', label: 'column.name', kind: 'text', initial: template.name_label, isRequired: true },
      { name: 'nameDescription', label: 'column.description', kind: 'text', initial: template.name_description },
    ],
    call: (template, values) => patches('vm-templates', template.id, given(values)),
    confirm: 'none',
    bulk: false,
  },
  {
    id: 'vm-templates.delete',
    collection: 'vm-templates',
    label: 'templates.delete',
    call: deletes('vm-templates'),
    whyNot: (template) => when(template.isDefaultTemplate, 'why.builtIn'),
    confirm: 'type-name',
    bulk: true,
    danger: true,
  },
];
