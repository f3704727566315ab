// What can be done to the devices of VMs: disks, CD drives, interfaces.
import type { Vm } from '../api/types.ts';
import { containing, NOTHING } from '../components/filterText.ts';
import { choicesOf } from '../components/word.ts';
import { type Action, deletes, given, patches, posts } from './action.ts';
import { MOST_DISK } from './flaws.ts';
import { storageOf } from './vms.ts';
import { ifConnected, ifDisconnected } from './reasons.ts';

const inPlace = { confirm: 'none', bulk: false, isInPlace: true } as const;
/** CD images lie on storage of this kind. */
export const IMAGES = 'content_type:/^iso$/';

export const ADD_DISK: Action<'vms'> = {
  ...inPlace,
  id: 'vms.addDisk',
  collection: 'vms',
  label: 'disks.add',
  ask: (vm) => [
    { name: 'name_label', label: 'column.name', kind: 'text', initial: `${vm.name_label} ${vm.$VBDs.length}`, isRequired: true },
    { name: 'virtual_size', label: 'column.size', kind: 'size', initial: 10 * 2 ** 30, most: MOST_DISK, isRequired: true },
    { name: 'srId', label: 'column.storage', kind: 'object', collection: 'srs', filter: storageOf(vm.$pool), need: { vm, roomField: 'virtual_size' }, isRequired: true },
    { name: 'bootable', label: 'disks.bootable', kind: 'flag' },
  ],
  call: (vm, values) => ({ method: 'POST', path: '/vdis', body: { ...values, vmId: vm.id } }),
};

/** A condition on a disk: it lies in one of these repositories. */
const within = (repositories: readonly string[]) => (repositories.length > 0 ? `$SR:|(${repositories.join(' ')})` : NOTHING);

/** Attaches a disk that no VM has: no CD image, which lie in these repositories, nor the memory of a suspended VM. */
export function attachDisk(images: readonly string[]): Action<'vms'> {
  return {
    ...inPlace,
    id: 'vms.attachDisk',
    collection: 'vms',
    label: 'disks.attach',
    ask: (vm) => [
      { name: 'VDI', label: 'disks.disk', kind: 'object', collection: 'vdis', filter: `${containing('$pool', vm.$pool)} VDI_type:/^user$/ !$VBDs:/./${images.length > 0 ? ` !${within(images)}` : ''}`, need: { vm }, none: 'disks.noneFree', isRequired: true },
      { name: 'mode', label: 'disks.mode', kind: 'choice', choices: choicesOf('mode', ['RW', 'RO']) },
    ],
    call: (vm, values) => ({ method: 'POST', path: '/vbds', body: { ...values, VM: vm.id } }),
  };
}

/** Inserts a CD of one of the storage repositories that hold images. */
export function insertCd(repositories: readonly string[]): Action<'vms'> {
  return {
    ...inPlace,
    id: 'vms.insertCd',
    needs: 'operate',
    collection: 'vms',
    label: 'disks.insert',
    ask: (vm) => [{ name: 'vdiId', label: 'disks.image', kind: 'object', collection: 'vdis', filter: within(repositories), need: { vm }, none: 'disks.noImage', isRequired: true }],
    call: (vm, values) => posts('vms', 'insert_cd', { ...values, force: true })(vm),
  };
}

export const EJECT_CD: Action<'vms'> = { ...inPlace, id: 'vms.ejectCd', needs: 'operate', collection: 'vms', label: 'disks.eject', call: posts('vms', 'eject_cd'), };

export const VBD_ACTIONS: Action<'vbds'>[] = [
  { id: 'vbds.connect', takesRunning: true, collection: 'vbds', label: 'devices.connect', call: posts('vbds', 'connect'), whyNot: ifConnected('why.connected'), confirm: 'none', bulk: false },
  { id: 'vbds.disconnect', takesRunning: true, collection: 'vbds', label: 'devices.disconnect', call: posts('vbds', 'disconnect'), whyNot: ifDisconnected, confirm: 'none', bulk: false },
  { id: 'vbds.detach', collection: 'vbds', label: 'disks.detach', call: deletes('vbds'), whyNot: ifConnected('why.disconnectFirst'), confirm: 'confirm', bulk: false },
];

export const ADD_NIC: Action<'vms'> = {
  ...inPlace,
  id: 'vms.addNic',
  collection: 'vms',
  label: 'nics.add',
  ask: (vm: Vm) => [
    { name: 'networkId', label: 'column.network', kind: 'object', collection: 'networks', filter: containing('$pool', vm.$pool), isRequired: true },
    { name: 'MAC', label: 'nics.mac', kind: 'text', is: 'mac', filter: containing('$pool', vm.$pool), help: 'nics.macHelp' },
  ],
  call: (vm, values) => ({ method: 'POST', path: '/vifs', body: { ...given(values), vmId: vm.id } }),
};

export const VIF_ACTIONS: Action<'vifs'>[] = [
  { id: 'vifs.connect', takesRunning: true, needs: 'operate', collection: 'vifs', label: 'devices.connect', call: posts('vifs', 'connect'), whyNot: ifConnected('why.connected'), confirm: 'none', bulk: false },
  { id: 'vifs.disconnect', takesRunning: true, needs: 'operate', collection: 'vifs', label: 'devices.disconnect', call: posts('vifs', 'disconnect'), whyNot: ifDisconnected, confirm: 'none', bulk: false },
  {
    id: 'vifs.network',
    needs: 'operate',
    collection: 'vifs',
    label: 'nics.change',
    ask: (vif) => [
      { name: 'network', label: 'column.network', kind: 'object', collection: 'networks', filter: containing('$pool', vif.$pool), initial: vif.$network, isRequired: true },
      { name: 'mac', label: 'nics.mac', kind: 'text', is: 'mac', filter: containing('$pool', vif.$pool), initial: vif.MAC },
      { name: 'ipv4', label: 'nics.ipv4', kind: 'text', is: 'addresses', initial: vif.allowedIpv4Addresses.join(' '), help: 'nics.addressesHelp' },
      { name: 'ipv6', label: 'nics.ipv6', kind: 'text', is: 'addresses', initial: vif.allowedIpv6Addresses.join(' ') },
      { name: 'lockingMode', label: 'nics.locking', kind: 'choice', initial: vif.lockingMode, choices: choicesOf('locking', ['network_default', 'locked', 'unlocked', 'disabled']) },
    ],
    call: (vif, { network, mac, ipv4, ipv6, lockingMode }) => {
      const list = (text: unknown) => String(text ?? '').split(/[\s,]+/).filter(Boolean);
      const changes: Record<string, unknown> = {};
      if (network !== vif.$network) changes.network = network;
      if (mac && mac !== vif.MAC) changes.mac = mac;
      if (String(ipv4 ?? '') !== vif.allowedIpv4Addresses.join(' ')) changes.allowedIpv4Addresses = list(ipv4);
      if (String(ipv6 ?? '') !== vif.allowedIpv6Addresses.join(' ')) changes.allowedIpv6Addresses = list(ipv6);
      if (lockingMode !== vif.lockingMode) changes.lockingMode = lockingMode;
      return patches('vifs', vif.id, changes);
    },
    confirm: 'none',
    bulk: false,
  },
  { id: 'vifs.delete', collection: 'vifs', label: 'nics.remove', call: deletes('vifs'), whyNot: ifConnected('why.disconnectFirst'), confirm: 'confirm', bulk: false, danger: true },
];
