// What can be changed of the appliance, as data: what is asked for, and the request that it becomes.
import type { Field, Values } from '../../actions/action.ts';
import type { ApplianceNetwork } from '../../api/appliance.ts';
import type { Call } from '../../api/http.ts';
import type { TextKey } from '../../i18n.ts';

export interface Dialog {
  id: string;
  label: TextKey;
  text?: TextKey;
  isDanger?: boolean;
  fields: (network: ApplianceNetwork | undefined) => readonly Field[];
  call: (values: Values) => Call;
}

const lines = (value: Values[string] | undefined) =>
  String(value ?? '')
    .split(/[\s,]+/)
    .filter(Boolean);

export const DIALOGS: readonly Dialog[] = [
  {
    id: 'network',
    label: 'appliance.changeNetwork',
    text: 'appliance.networkHelp',
    fields: (network) => [
      { name: 'mode', label: 'appliance.mode', kind: 'choice', initial: network?.kept.mode ?? 'dhcp', choices: [['dhcp', 'DHCP'], ['static', 'static']] },
      { name: 'addresses', label: 'appliance.addresses', kind: 'text', initial: network?.kept.addresses.join(' ') ?? '', help: 'appliance.addressesHelp' },
      { name: 'gateways', label: 'appliance.gateways', kind: 'text', initial: network?.kept.gateways.join(' ') ?? '' },
      { name: 'dns', label: 'appliance.dns', kind: 'text', initial: network?.kept.dns.join(' ') ?? '' },
    ],
    call: ({ mode, addresses, gateways, dns }) => ({
      method: 'PUT',
      path: '/appliance/network',
      body: mode === 'static' ? { mode, addresses: lines(addresses), gateways: lines(gateways), dns: lines(dns) } : { mode: 'dhcp', dns: lines(dns) },
    }),
  },
  {
    id: 'hostname',
    label: 'appliance.changeName',
    fields: () => [{ name: 'hostname', label: 'appliance.name', kind: 'text', isRequired: true }],
    call: ({ hostname }) => ({ method: 'PUT', path: '/appliance/hostname', body: { hostname } }),
  },
  {
    id: 'time',
    label: 'appliance.changeTime',
    fields: () => [{ name: 'ntp', label: 'appliance.ntp', kind: 'text', help: 'appliance.ntpHelp' }],
    call: ({ ntp }) => ({ method: 'PATCH', path: '/appliance/time', body: { ntp: lines(ntp) } }),
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
    fields: () => [],
    call: () => ({ method: 'POST', path: '/appliance/actions/power', body: { action: 'reboot' } }),
  },
  {
    id: 'poweroff',
    label: 'appliance.powerOff',
    text: 'appliance.powerHelp',
    isDanger: true,
    fields: () => [],
    call: () => ({ method: 'POST', path: '/appliance/actions/power', body: { action: 'poweroff' } }),
  },
  {
    id: 'reset',
    label: 'appliance.reset',
    text: 'appliance.resetHelp',
    isDanger: true,
    fields: () => [{ name: 'word', label: 'appliance.word', kind: 'text', isRequired: true }],
    call: ({ word }) => ({ method: 'POST', path: '/appliance/actions/factory_reset', body: { word } }),
  },
];
