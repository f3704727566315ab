// Every action, by collection. A new one: its row in the file of its noun; a new noun: its file, and its line here.
import type { Collection } from '../api/types.ts';
import type { Action } from './action.ts';
import { VBD_ACTIONS, VIF_ACTIONS } from './devices.ts';
import { SNAPSHOT_ACTIONS, TEMPLATE_ACTIONS, VDI_ACTIONS } from './images.ts';
import { HOST_ACTIONS, NETWORK_ACTIONS, PBD_ACTIONS, POOL_ACTIONS, SR_ACTIONS } from './infrastructure.ts';
import { VM_ACTIONS } from './vms.ts';

const ALL: { [C in Collection]?: Action<C>[] } = {
  vms: VM_ACTIONS,
  vbds: VBD_ACTIONS,
  vifs: VIF_ACTIONS,
  vdis: VDI_ACTIONS,
  'vm-snapshots': SNAPSHOT_ACTIONS,
  'vm-templates': TEMPLATE_ACTIONS,
  hosts: HOST_ACTIONS,
  pools: POOL_ACTIONS,
  srs: SR_ACTIONS,
  networks: NETWORK_ACTIONS,
  pbds: PBD_ACTIONS,
};

export function actionsOf<C extends Collection>(collection: C): readonly Action<C>[] {
  return ALL[collection] ?? [];
}
