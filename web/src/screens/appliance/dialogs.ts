// What can be changed of the appliance, as data: what is asked for, and the request that it becomes.
import i18next from 'i18next';

import type { Field, Values } from '../../actions/action.ts';
import type { ApplianceSettings, NetworkSettings } from '../../api/appliance.ts';
import type { Call } from '../../api/http.ts';
import { TIME_ZONES } from '../../app/timeZone.ts';
import type { TextKey } from '../../i18n.ts';

export type DialogId = 'network' | 'hostname' | 'time' | 'proxy' | 'certificate' | 'reboot' | 'poweroff' | 'reset';

/** How it goes away. */
export type Away = 'reboot' | 'poweroff' | 'reset';

export interface Dialog {
  id: DialogId;
  label: TextKey;
  text?: TextKey;
  isDanger?: boolean;
  /** The appliance goes away then. */
  away?: Away;
  fields: (now: ApplianceSettings | undefined) => readonly Field[];
  call: (values: Values) => Call;
}

const lines = (value: Values[string] | undefined) =>
  String(value ?? '')
    .split(/[\s,]+/)
    .filter(Boolean);

/** Those that this browser knows, and the one that is set. */
const zones = (now = 'UTC') => [...new Set(['UTC', now, ...TIME_ZONES])].map((zone) => [zone, zone.replaceAll('_', ' ')] as const);

const isFixed = ({ mode }: Values) => mode === 'static';

export function wantedNetwork({ mode, addresses }: Values): Pick<NetworkSettings, 'mode' | 'addresses'> {
  return mode === 'static' ? { mode, addresses: lines(addresses) } : { mode: 'dhcp', addresses: [] };
}

export const DIALOGS: readonly Dialog[] = [
  {
    id: 'network',
    label: 'appliance.changeNetwork',
    text: 'appliance.networkHelp',
    fields: (now) => [
      { name: 'mode', label: 'appliance.mode', kind: 'choice', initial: now?.network.kept.mode ?? 'dhcp', choices: [['dhcp', 'DHCP'], ['static', i18next.t('appliance.fixed')]] },
      { name: 'addresses', label: 'appliance.addresses', kind: 'text', initial: now?.network.kept.addresses.join(' ') ?? '', help: 'appliance.addressesHelp', isRequired: true, isAsked: isFixed },
      { name: 'gateways', label: 'appliance.gateways', kind: 'text', initial: now?.network.kept.gateways.join(' ') ?? '', isAsked: isFixed },
      { name: 'dns', label: 'appliance.dns', kind: 'text', initial: now?.network.kept.dns.join(' ') ?? '' },
    ],
    call: ({ gateways, dns, ...values }) => {
      const { mode, addresses } = wantedNetwork(values);
      const body = mode === 'static' ? { mode, addresses, gateways: lines(gateways), dns: lines(dns) } : { mode, dns: lines(dns) };
      return { method: 'PUT', path: '/appliance/network', body };
    },
  },
  {
    id: 'hostname',
    label: 'appliance.changeName',
    fields: (now) => [{ name: 'hostname', label: 'appliance.name', kind: 'text', initial: now?.hostname ?? '', isRequired: true }],
    call: ({ hostname }) => ({ method: 'PUT', path: '/appliance/hostname', body: { hostname } }),
  },
  {
    id: 'time',
    label: 'appliance.changeTime',
    fields: (now) => [
      { name: 'zone', label: 'appliance.zone', kind: 'choice', initial: now?.time.zone ?? 'UTC', choices: zones(now?.time.zone), help: 'appliance.zoneHelp' },
      { name: 'ntp', label: 'appliance.ntp', kind: 'text', initial: now?.time.ntp.join(' ') ?? '', help: 'appliance.ntpHelp' },
    ],
    call: ({ zone, ntp }) => ({ method: 'PATCH', path: '/appliance/time', body: { zone, ntp: lines(ntp) } }),
  },
  {
    id: 'proxy',
    label: 'appliance.changeProxy',
    fields: (now) => [{ name: 'proxy', label: 'appliance.proxy', kind: 'text', initial: now?.proxy ?? '', help: 'appliance.proxyHelp' }],
    call: ({ proxy }) => ({ method: 'PUT', path: '/appliance/proxy', body: { proxy: proxy === '' ? null : proxy } }),
  },
  {
    id: 'certificate',
    label: 'appliance.changeCertificate',
    text: 'appliance.certificateHelp',
    fields: () => [
      { name: 'certificate', label: 'appliance.chain', kind: 'lines', isRequired: true },
      { name: 'key', label: 'appliance.key', kind: 'lines', isRequired: true },
    ],
    call: ({ certificate, key }) => ({ method: 'PUT', path: '/certificate', body: { certificate, key } }),
  },
  {
    id: 'reboot',
    label: 'appliance.reboot',
    text: 'appliance.powerHelp',
    isDanger: true,
    away: 'reboot',
    fields: () => [],
    call: () => ({ method: 'POST', path: '/appliance/actions/power', body: { action: 'reboot' } }),
  },
  {
    id: 'poweroff',
    label: 'appliance.powerOff',
    text: 'appliance.powerHelp',
    isDanger: true,
    away: 'poweroff',
    fields: () => [],
    call: () => ({ method: 'POST', path: '/appliance/actions/power', body: { action: 'poweroff' } }),
  },
  {
    id: 'reset',
    label: 'appliance.reset',
    text: 'appliance.resetHelp',
    isDanger: true,
    away: 'reset',
    fields: () => [{ name: 'word', label: 'appliance.word', kind: 'text', isRequired: true }],
    call: ({ word }) => ({ method: 'POST', path: '/appliance/actions/factory_reset', body: { word } }),
  },
];
