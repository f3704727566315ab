// What can be done to VMs as a whole. What is done to their devices is in `devices.ts`.
import i18next from 'i18next';

import type { PowerState, Vm } from '../api/types.ts';
import { containing } from '../components/filterText.ts';
import { stamp } from '../components/units.ts';
import { type Action, deletes, given, posts } from './action.ts';
import { when } from './reasons.ts';

/** Whether somebody blocked XAPI's operation, or it is under way already. */
const ifTaken = (operation: string) => (vm: Vm) =>
  when(operation in vm.blockedOperations, 'why.blocked') ?? when(Object.values(vm.current_operations).includes(operation), 'why.underWay');
/** It takes one of these states, and that the operation is free. */
const unless =
  (operation: string, ...states: PowerState[]) =>
  (vm: Vm) =>
    when(!states.includes(vm.power_state), 'why.state', states.map((state) => i18next.t(`state.${state}`)).join(', ')) ?? ifTaken(operation)(vm);
const stamped = (vm: Vm) => `${vm.name_label} ${stamp(Date.now())}`;

/** Storage of the VM's pool that takes disks. */
export const storageOf = (pool: string) => `${containing('$pool', pool)} content_type:/^user$/`;

type Row = Omit<Action<'vms'>, 'collection'>;
const ROWS: Row[] = [
  { id: 'vms.start', needs: 'operate', label: 'action.start', call: posts('vms', 'start'), whyNot: unless('start', 'Halted'), confirm: 'none', bulk: true },
  {
    id: 'vms.startOn',
    needs: 'operate',
    label: 'act.startOn',
    ask: (vm) => [{ name: 'hostId', label: 'column.host', kind: 'object', collection: 'hosts', filter: `${containing('$pool', vm.$pool)} enabled?`, isRequired: true }],
    call: (vm, values) => posts('vms', 'start', values)(vm),
    whyNot: (vm) => unless('start_on', 'Halted')(vm) ?? ifTaken('start')(vm),
    confirm: 'none',
    bulk: false,
  },
  { id: 'vms.resume', needs: 'operate', label: 'action.resume', call: posts('vms', 'resume'), whyNot: unless('resume', 'Suspended'), confirm: 'none', bulk: true },
  { id: 'vms.unpause', needs: 'operate', label: 'action.unpause', call: posts('vms', 'unpause'), whyNot: unless('unpause', 'Paused'), confirm: 'none', bulk: true },
  { id: 'vms.shutdown', needs: 'operate', label: 'action.shutdown', call: posts('vms', 'clean_shutdown'), whyNot: unless('clean_shutdown', 'Running'), confirm: 'confirm', bulk: true },
  { id: 'vms.reboot', needs: 'operate', label: 'action.reboot', call: posts('vms', 'clean_reboot'), whyNot: unless('clean_reboot', 'Running'), confirm: 'confirm', bulk: true },
  { id: 'vms.pause', needs: 'operate', label: 'action.pause', call: posts('vms', 'pause'), whyNot: unless('pause', 'Running'), confirm: 'none', bulk: true },
  { id: 'vms.suspend', needs: 'operate', label: 'action.suspend', call: posts('vms', 'suspend'), whyNot: unless('suspend', 'Running'), confirm: 'confirm', bulk: true },
  {
    id: 'vms.forceShutdown',
    needs: 'operate',
    label: 'action.forceShutdown',
    call: posts('vms', 'hard_shutdown'),
    whyNot: unless('hard_shutdown', 'Running', 'Paused', 'Suspended'),
    confirm: 'confirm',
    bulk: true,
    danger: true,
  },
  { id: 'vms.forceReboot', needs: 'operate', label: 'action.forceReboot', call: posts('vms', 'hard_reboot'), whyNot: unless('hard_reboot', 'Running', 'Paused'), confirm: 'confirm', bulk: true, danger: true },
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
    whyNot: ifTaken('snapshot'),
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
    whyNot: unless('pool_migrate', 'Running'),
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
    whyNot: unless('clone', 'Halted', 'Suspended'),
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
    whyNot: unless('copy', 'Halted', 'Suspended'),
    confirm: 'none',
    bulk: false,
  },
  { id: 'vms.convert', label: 'act.convert', call: posts('vms', 'convert_to_template'), whyNot: unless('make_into_template', 'Halted'), confirm: 'type-name', bulk: true, danger: true },
  {
    id: 'vms.delete',
    label: 'act.delete',
    call: deletes('vms'),
    whyNot: unless('destroy', 'Halted'),
    confirm: 'type-name',
    bulk: true,
    danger: true,
    takesDisks: true,
  },
];

export const VM_ACTIONS: Action<'vms'>[] = ROWS.map((row) => ({ ...row, collection: 'vms' }));
