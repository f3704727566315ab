import { expect, it } from 'vitest';

import type { Vm } from '../api/types.ts';
import { startTexts } from '../i18n.ts';
import { allows } from './action.ts';
import { VM_ACTIONS } from './vms.ts';

const vm = (part: Partial<Vm>) => ({ power_state: 'Halted', blockedOperations: {}, current_operations: {}, ...part }) as Vm;
const allowed = (part: Partial<Vm>) => VM_ACTIONS.filter((action) => allows(action, vm(part))).map(({ id }) => id.replace('vms.', ''));

it('offers what the state of a VM allows, and says why not the rest', async () => {
  await startTexts();
  expect(allowed({})).toEqual(['start', 'startOn', 'snapshot', 'clone', 'copy', 'convert', 'delete']);
  expect(VM_ACTIONS.find(({ id }) => id === 'vms.forceReboot')?.whyNot?.(vm({}))).toBe('Only when it is: Running, Paused');
  expect(allowed({ power_state: 'Running' })).toEqual(['shutdown', 'reboot', 'pause', 'suspend', 'forceShutdown', 'forceReboot', 'snapshot', 'migrate']);
});

it('offers nothing that somebody blocked or that is under way', () => {
  expect(allowed({ blockedOperations: { start: 'x', destroy: 'x' } })).toEqual(['snapshot', 'clone', 'copy', 'convert']);
  expect(allowed({ power_state: 'Running', current_operations: { task: 'clean_shutdown' } })).not.toContain('shutdown');
});
