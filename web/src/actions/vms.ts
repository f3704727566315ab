// What can be done to VMs as a whole. What is done to their devices is in `devices.ts`.
import type { PowerState, Vm } from '../api/types.ts';
import { containing } from '../components/filterText.ts';
import { stamp } from '../components/units.ts';
import { type Action, deletes, given, posts } from './action.ts';

/** Whether XAPI's operation is neither blocked nor already under way. */
const isFree = (operation: string) => (vm: Vm) => !(operation in vm.blockedOperations) && !Object.values(vm.current_operations).includes(operation);
/** In one of these states, and free. */
const can =
  (operation: string, ...states: PowerState[]) =>
  (vm: Vm) =>
    states.includes(vm.power_state) && isFree(operation)(vm);
const stamped = (vm: Vm) => `${vm.name_label} ${stamp(Date.now())}`;

/** Storage of the VM's pool that takes disks. */
export const storageOf = (pool: string) => `${containing('$pool', pool)} content_type:/^user$/`;

type Row = Omit<Action<'vms'>, 'collection'>;
const ROWS: Row[] = [
  { id: 'vms.start', needs: 'operate', label: 'action.start', call: posts('vms', 'start'), allows: can('start', 'Halted'), confirm: 'none', bulk: true },
  {
    id: 'vms.startOn',
    needs: 'operate',
    label: 'act.startOn',
    ask: (vm) => [{ name: 'hostId', label: 'column.host', kind: 'object', collection: 'hosts', filter: `${containing('$pool', vm.$pool)} enabled?`, isRequired: true }],
    call: (vm, values) => posts('vms', 'start', values)(vm),
    allows: (vm) => can('start_on', 'Halted')(vm) && isFree('start')(vm),
    confirm: 'none',
    bulk: false,
  },
  { id: 'vms.resume', needs: 'operate', label: 'action.resume', call: posts('vms', 'resume'), allows: can('resume', 'Suspended'), confirm: 'none', bulk: true },
  { id: 'vms.unpause', needs: 'operate', label: 'action.unpause', call: posts('vms', 'unpause'), allows: can('unpause', 'Paused'), confirm: 'none', bulk: true },
  { id: 'vms.shutdown', needs: 'operate', label: 'action.shutdown', call: posts('vms', 'clean_shutdown'), allows: can('clean_shutdown', 'Running'), confirm: 'confirm', bulk: true },
  { id: 'vms.reboot', needs: 'operate', label: 'action.reboot', call: posts('vms', 'clean_reboot'), allows: can('clean_reboot', 'Running'), confirm: 'confirm', bulk: true },
  { id: 'vms.pause', needs: 'operate', label: 'action.pause', call: posts('vms', 'pause'), allows: can('pause', 'Running'), confirm: 'none', bulk: true },
  { id: 'vms.suspend', needs: 'operate', label: 'action.suspend', call: posts('vms', 'suspend'), allows: can('suspend', 'Running'), confirm: 'confirm', bulk: true },
  {
    id: 'vms.forceShutdown',
    needs: 'operate',
    label: 'action.forceShutdown',
    call: posts('vms', 'hard_shutdown'),
    allows: can('hard_shutdown', 'Running', 'Paused', 'Suspended'),
    confirm: 'confirm',
    bulk: true,
    danger: true,
  },
  { id: 'vms.forceReboot', needs: 'operate', label: 'action.forceReboot', call: posts('vms', 'hard_reboot'), allows: can('hard_reboot', 'Running', 'Paused'), confirm: 'confirm', bulk: true, danger: true },
  {
    id: 'vms.snapshot',
    needs: 'operate',
    label: 'action.snapshot',
    ask: (vm) => [
      { name: 'name_label', label: 'column.name', kind: 'text', initial: stamped(vm), isRequired: true },
      { name: 'name_description', label: 'column.description', kind: 'text' },
      ...(vm.power_state === 'Running' ? [{ name: 'saveMemory', label: 'ask.saveMemory', kind: 'flag', help: 'ask.saveMemoryHelp' } as const] : []),
    ],
    call: (vm, values) => posts('vms', 'snapshot', given(values))(vm),
    allows: isFree('snapshot'),
    confirm: 'confirm',
    bulk: true,
  },
  {
    id: 'vms.migrate',
    label: 'act.migrate',
    ask: (vm) => [
      { name: 'hostId', label: 'column.host', kind: 'object', collection: 'hosts', filter: `${containing('$pool', vm.$pool)} !id:${vm.$container}`, isRequired: true },
      { name: 'srId', label: 'column.storage', kind: 'object', collection: 'srs', filter: storageOf(vm.$pool), need: { hostField: 'hostId' }, help: 'act.migrateStorage' },
      { name: 'migrationNetworkId', label: 'column.network', kind: 'object', collection: 'networks', filter: containing('$pool', vm.$pool), help: 'act.migrateNetwork' },
    ],
    call: (vm, values) => posts('vms', 'migrate', given(values))(vm),
    allows: can('pool_migrate', 'Running'),
    confirm: 'none',
    bulk: false,
  },
  {
    id: 'vms.clone',
    label: 'act.clone',
    ask: (vm) => [
      { name: 'name_label', label: 'column.name', kind: 'text', initial: `${vm.name_label} (2)`, isRequired: true },
      { name: 'fast', label: 'ask.fast', kind: 'flag', initial: true, help: 'ask.fastHelp' },
    ],
    call: (vm, values) => posts('vms', 'clone', values)(vm),
    allows: can('clone', 'Halted', 'Suspended'),
    confirm: 'none',
    bulk: false,
  },
  {
    id: 'vms.copy',
    label: 'act.copy',
    ask: (vm) => [
      { name: 'name_label', label: 'column.name', kind: 'text', initial: `${vm.name_label} (2)`, isRequired: true },
      { name: 'srId', label: 'column.storage', kind: 'object', collection: 'srs', filter: storageOf(vm.$pool), isRequired: true },
    ],
    call: (vm, values) => posts('vms', 'clone', values)(vm),
    allows: can('copy', 'Halted', 'Suspended'),
    confirm: 'none',
    bulk: false,
  },
  { id: 'vms.convert', label: 'act.convert', call: posts('vms', 'convert_to_template'), allows: can('make_into_template', 'Halted'), confirm: 'type-name', bulk: true, danger: true },
  {
    id: 'vms.delete',
    label: 'act.delete',
    call: deletes('vms'),
    allows: can('destroy', 'Halted'),
    confirm: 'type-name',
    bulk: true,
    danger: true,
    takesDisks: true,
  },
];

export const VM_ACTIONS: Action<'vms'>[] = ROWS.map((row) => ({ ...row, collection: 'vms' }));
