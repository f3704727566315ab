// What can be done to VMs.
import type { PowerState, Vm } from '../api/types.ts';
import { type Action, posts } from './action.ts';

const isIn =
  (...states: PowerState[]) =>
  (vm: Vm) =>
    states.includes(vm.power_state);

export const VM_ACTIONS: Action<'vms'>[] = [
  { id: 'vms.start', collection: 'vms', label: 'action.start', call: posts('vms', 'start'), allows: isIn('Halted'), confirm: 'none', bulk: true },
  { id: 'vms.resume', collection: 'vms', label: 'action.resume', call: posts('vms', 'resume'), allows: isIn('Suspended'), confirm: 'none', bulk: true },
  { id: 'vms.unpause', collection: 'vms', label: 'action.unpause', call: posts('vms', 'unpause'), allows: isIn('Paused'), confirm: 'none', bulk: true },
  { id: 'vms.shutdown', collection: 'vms', label: 'action.shutdown', call: posts('vms', 'clean_shutdown'), allows: isIn('Running'), confirm: 'confirm', bulk: true },
  { id: 'vms.reboot', collection: 'vms', label: 'action.reboot', call: posts('vms', 'clean_reboot'), allows: isIn('Running'), confirm: 'confirm', bulk: true },
  { id: 'vms.pause', collection: 'vms', label: 'action.pause', call: posts('vms', 'pause'), allows: isIn('Running'), confirm: 'none', bulk: true },
  { id: 'vms.suspend', collection: 'vms', label: 'action.suspend', call: posts('vms', 'suspend'), allows: isIn('Running'), confirm: 'confirm', bulk: true },
  {
    id: 'vms.forceShutdown',
    collection: 'vms',
    label: 'action.forceShutdown',
    call: posts('vms', 'hard_shutdown'),
    allows: isIn('Running', 'Paused', 'Suspended'),
    confirm: 'confirm',
    bulk: true,
    danger: true,
  },
  {
    id: 'vms.forceReboot',
    collection: 'vms',
    label: 'action.forceReboot',
    call: posts('vms', 'hard_reboot'),
    allows: isIn('Running', 'Paused'),
    confirm: 'confirm',
    bulk: true,
    danger: true,
  },
  {
    id: 'vms.snapshot',
    collection: 'vms',
    label: 'action.snapshot',
    call: (vm) => posts('vms', 'snapshot', { name_label: `${vm.name_label} ${new Date().toISOString().slice(0, 16)}` })(vm),
    allows: () => true,
    confirm: 'none',
    bulk: true,
  },
];
