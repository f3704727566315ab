// What can be done to pools, hosts, storage and networks.
import type { Host, Pool } from '../api/types.ts';
import { containing } from '../components/filterText.ts';
import { type Action, deletes, given, patches, posts } from './action.ts';
import { ifConnected, ifDisconnected, when } from './reasons.ts';

const named = (object: { name_label: string; name_description: string }) =>
  [
    { name: 'name_label', label: 'column.name', kind: 'text', initial: object.name_label, isRequired: true },
    { name: 'name_description', label: 'column.description', kind: 'text', initial: object.name_description },
  ] as const;
/** As PATCH spells them. */
const camel = ({ name_label, name_description, ...others }: Record<string, unknown>) => ({ nameLabel: name_label, nameDescription: name_description, ...others });
const ifDown = (host: Host) => when(host.power_state !== 'Running', 'why.hostDown');

export const HOST_ACTIONS: Action<'hosts'>[] = [
  { id: 'hosts.start', needs: 'operate', collection: 'hosts', label: 'infra.powerOn', call: posts('hosts', 'start'), whyNot: (host) => when(host.power_state !== 'Halted', 'why.hostUp'), confirm: 'none', bulk: true },
  { id: 'hosts.enable', collection: 'hosts', label: 'infra.enable', call: posts('hosts', 'enable'), whyNot: (host) => ifDown(host) ?? when(host.enabled, 'why.enabled'), confirm: 'none', bulk: true },
  { id: 'hosts.disable', collection: 'hosts', label: 'infra.disable', call: posts('hosts', 'disable'), whyNot: (host) => ifDown(host) ?? when(!host.enabled, 'why.disabled'), confirm: 'confirm', bulk: true },
  {
    id: 'hosts.maintain',
    collection: 'hosts',
    label: 'infra.maintain',
    call: posts('hosts', 'disable', { evacuate: true }),
    whyNot: (host) => ifDown(host) ?? when(!host.enabled, 'why.disabled'),
    confirm: 'confirm',
    bulk: true,
  },
  { id: 'hosts.smartReboot', needs: 'operate', collection: 'hosts', label: 'infra.smartReboot', call: posts('hosts', 'smart_reboot'), whyNot: ifDown, confirm: 'confirm', bulk: true, danger: true },
  { id: 'hosts.reboot', needs: 'operate', collection: 'hosts', label: 'infra.reboot', call: posts('hosts', 'clean_reboot'), whyNot: ifDown, confirm: 'confirm', bulk: true, danger: true },
  { id: 'hosts.forceReboot', needs: 'operate', collection: 'hosts', label: 'infra.forceReboot', call: posts('hosts', 'clean_reboot', { force: true }), whyNot: ifDown, confirm: 'type-name', bulk: false, danger: true },
  { id: 'hosts.shutdown', needs: 'operate', collection: 'hosts', label: 'infra.shutdown', call: posts('hosts', 'clean_shutdown'), whyNot: ifDown, confirm: 'type-name', bulk: true, danger: true },
  { id: 'hosts.toolstack', collection: 'hosts', label: 'infra.toolstack', call: posts('hosts', 'restart_toolstack'), whyNot: ifDown, confirm: 'confirm', bulk: true },
  { id: 'hosts.scan', collection: 'hosts', label: 'infra.scanPifs', call: posts('hosts', 'scan_pifs'), whyNot: ifDown, confirm: 'none', bulk: true },
  { id: 'hosts.master', collection: 'hosts', label: 'infra.master', call: posts('hosts', 'make_master'), whyNot: ifDown, confirm: 'type-name', bulk: false, danger: true },
  {
    id: 'hosts.edit',
    collection: 'hosts',
    label: 'infra.edit',
    ask: (host) => [...named(host), { name: 'multipathing', label: 'infra.multipathing', kind: 'flag', initial: host.multipathing }],
    call: (host, values) => {
      const { multipathing, ...names } = values;
      return patches('hosts', host.id, { ...camel(names), ...(multipathing !== host.multipathing && { multipathing }) });
    },
    confirm: 'none',
    bulk: false,
  },
];

export const POOL_ACTIONS: Action<'pools'>[] = [
  {
    id: 'pools.edit',
    collection: 'pools',
    label: 'infra.edit',
    ask: (pool: Pool) => [
      ...named(pool),
      { name: 'autoPoweron', label: 'infra.autoPoweron', kind: 'flag', initial: pool.auto_poweron },
      { name: 'migrationCompression', label: 'infra.compression', kind: 'flag', initial: pool.migrationCompression ?? false },
    ],
    call: (pool, values) => patches('pools', pool.id, camel(values)),
    confirm: 'none',
    bulk: false,
  },
  {
    id: 'pools.network',
    collection: 'pools',
    label: 'infra.createNetwork',
    ask: (pool) => [
      { name: 'name', label: 'column.name', kind: 'text', isRequired: true },
      { name: 'description', label: 'column.description', kind: 'text' },
      { name: 'pif', label: 'infra.pif', kind: 'object', collection: 'pifs', filter: `${containing('$pool', pool.id)} physical? $host:${pool.master}`, help: 'infra.pifHelp' },
      { name: 'vlan', label: 'infra.vlan', kind: 'number', initial: 0, most: 4094 },
      { name: 'mtu', label: 'column.mtu', kind: 'number', initial: 1500, least: 68, most: 65_535 },
    ],
    call: (pool, { pif, vlan, ...values }) =>
      pif ? posts('pools', 'create_network', { ...given(values), pif, vlan })(pool) : posts('pools', 'create_internal_network', given(values))(pool),
    confirm: 'none',
    bulk: false,
  },
  {
    id: 'pools.defaultSr',
    collection: 'pools',
    label: 'infra.defaultSr',
    ask: (pool) => [{ name: 'sr', label: 'column.storage', kind: 'object', collection: 'srs', filter: `${containing('$pool', pool.id)} content_type:/^user$/`, initial: pool.default_SR ?? '', isRequired: true }],
    call: (_, { sr }) => posts('srs', 'make_default')({ id: String(sr) }),
    confirm: 'none',
    bulk: false,
  },
];

export const SR_ACTIONS: Action<'srs'>[] = [
  { id: 'srs.scan', needs: 'operate', collection: 'srs', label: 'infra.scan', call: posts('srs', 'scan'), confirm: 'none', bulk: true },
  { id: 'srs.connect', collection: 'srs', label: 'infra.connectAll', call: posts('srs', 'connect'), confirm: 'none', bulk: true },
  { id: 'srs.disconnect', collection: 'srs', label: 'infra.disconnectAll', call: posts('srs', 'disconnect'), confirm: 'confirm', bulk: true },
  { id: 'srs.default', collection: 'srs', label: 'infra.makeDefault', call: posts('srs', 'make_default'), whyNot: (sr) => when(sr.content_type !== 'user', 'why.noDisks'), confirm: 'none', bulk: false },
  { id: 'srs.edit', needs: 'operate', collection: 'srs', label: 'infra.edit', ask: (sr) => named(sr), call: (sr, values) => patches('srs', sr.id, camel(values)), confirm: 'none', bulk: false },
  { id: 'srs.forget', collection: 'srs', label: 'infra.forget', call: posts('srs', 'forget'), confirm: 'type-name', bulk: false, danger: true },
  { id: 'srs.destroy', collection: 'srs', label: 'infra.destroy', call: deletes('srs'), confirm: 'type-name', bulk: false, danger: true },
];

export const NETWORK_ACTIONS: Action<'networks'>[] = [
  {
    id: 'networks.edit',
    collection: 'networks',
    label: 'infra.edit',
    ask: (network) => [
      ...named(network),
      { name: 'mtu', label: 'column.mtu', kind: 'number', initial: network.MTU, least: 68, most: 65_535 },
      { name: 'automatic', label: 'infra.automatic', kind: 'flag', initial: network.automatic },
      { name: 'defaultIsLocked', label: 'infra.locked', kind: 'flag', initial: network.defaultIsLocked },
    ],
    call: (network, values) => {
      const { mtu, ...others } = values;
      return patches('networks', network.id, { ...camel(others), ...(mtu !== network.MTU && { mtu }) });
    },
    confirm: 'none',
    bulk: false,
  },
  { id: 'networks.delete', collection: 'networks', label: 'infra.deleteNetwork', call: deletes('networks'), confirm: 'type-name', bulk: true, danger: true },
];

export const PBD_ACTIONS: Action<'pbds'>[] = [
  { id: 'pbds.plug', collection: 'pbds', label: 'devices.connect', call: posts('pbds', 'plug'), whyNot: ifConnected('why.connected'), confirm: 'none', bulk: false },
  { id: 'pbds.unplug', collection: 'pbds', label: 'devices.disconnect', call: posts('pbds', 'unplug'), whyNot: ifDisconnected, confirm: 'confirm', bulk: false },
  { id: 'pbds.delete', collection: 'pbds', label: 'infra.forgetLink', call: deletes('pbds'), whyNot: ifConnected('why.disconnectFirst'), confirm: 'confirm', bulk: false, danger: true },
];
