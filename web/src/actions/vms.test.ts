import { expect, it } from 'vitest';

import type { Vm } from '../api/types.ts';
import { VM_ACTIONS } from './vms.ts';

const vm = (part: Partial<Vm>) => ({ power_state: 'Halted', blockedOperations: {}, current_operations: {}, ...part }) as Vm;
const allowed = (part: Partial<Vm>) => VM_ACTIONS.filter(({ allows }) => allows(vm(part))).map(({ id }) => id.replace('vms.', ''));

it('offers what the state of a VM allows', () => {
  expect(allowed({})).toEqual(['start', 'startOn', 'snapshot', 'clone', 'copy', 'convert', 'delete']);
  expect(allowed({ power_state: 'Running' })).toEqual(['shutdown', 'reboot', 'pause', 'suspend', 'forceShutdown', 'forceReboot', 'snapshot', 'migrate']);
});

it('offers nothing that somebody blocked or that is under way', () => {
  expect(allowed({ blockedOperations: { start: 'x', destroy: 'x' } })).toEqual(['snapshot', 'clone', 'copy', 'convert']);
  expect(allowed({ power_state: 'Running', current_operations: { task: 'clean_shutdown' } })).not.toContain('shutdown');
});
