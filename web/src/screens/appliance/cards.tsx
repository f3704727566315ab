// What is told of the appliance, as cards of facts; the wizard shows some of them.
import type { ApplianceSettings, ApplianceStatus } from '../../api/appliance.ts';
import type { FactCard } from '../../components/Facts.tsx';
import { bytes, date } from '../../components/units.ts';

export function stateCard({ version, slots, disk, memory }: ApplianceStatus): FactCard {
  return [
    'appliance.state',
    [
      ['appliance.version', version],
      ['appliance.slot', slots.running],
      ['appliance.diskFree', disk && `${bytes(disk.freeBytes)} / ${bytes(disk.totalBytes)}`],
      ['appliance.memoryFree', memory && `${bytes(memory.availableBytes)} / ${bytes(memory.totalBytes)}`],
    ],
  ];
}

export function networkCard({ network }: ApplianceSettings, { urls }: ApplianceStatus): FactCard {
  return [
    'appliance.network',
    [
      ['appliance.mode', network.kept.mode === 'dhcp' ? 'DHCP' : network.kept.addresses.join(', ')],
      ['appliance.urls', urls.join(', ')],
      ['appliance.gateways', network.now.gateways.join(', ')],
      ['appliance.dns', network.now.dns.join(', ')],
    ],
  ];
}

export function nameCard({ hostname }: ApplianceSettings): FactCard {
  return ['appliance.name', [['appliance.name', hostname]]];
}

export function timeCard({ time }: ApplianceSettings): FactCard {
  return [
    'appliance.time',
    [
      ['appliance.zone', time.zone],
      ['appliance.ntp', time.ntp.join(', ')],
    ],
  ];
}

export function proxyCard({ proxy }: ApplianceSettings): FactCard {
  return ['appliance.proxy', [['appliance.proxy', proxy]]];
}

export function certificateCard({ certificate }: ApplianceStatus): FactCard {
  return [
    'appliance.certificate',
    [
      ['setup.fingerprint', certificate && <span className="xo-appliance-code">{certificate.fingerprint}</span>],
      ['appliance.until', certificate && date(certificate.notAfter)],
    ],
  ];
}
