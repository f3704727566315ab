// Every action, by collection. A new one: its row in the file of its noun; a new noun: its file, and its line here.
import type { Collection } from '../api/types.ts';
import type { Action } from './action.ts';
import { VM_ACTIONS } from './vms.ts';

const ALL: { [C in Collection]?: Action<C>[] } = {
  vms: VM_ACTIONS,
};

export function actionsOf<C extends Collection>(collection: C): readonly Action<C>[] {
  return ALL[collection] ?? [];
}
