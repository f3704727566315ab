// What is told of the appliance, as cards of facts; the wizard shows some of them.
import i18next from 'i18next';

import type { ApplianceSettings, ApplianceStatus, NetworkSettings } from '../../api/appliance.ts';
import type { FactCard } from '../../components/Facts.tsx';
import { bytes, date, duration, moment } from '../../components/units.ts';

export function stateCard({ version, health, slots, uptimeSeconds, disk, memory }: ApplianceStatus): FactCard {
  const here = slots.entries.find(({ running }) => running)?.version ?? version;
  const other = slots.entries.find(({ running }) => !running);
  return [
    'appliance.state',
    [
      ['appliance.health', i18next.t(`appliance.healthIs.${health.state}`)],
      ['appliance.version', version],
      ['appliance.slot', slots.running && i18next.t('appliance.slotHolds', { slot: slots.running, version: here })],
      ['appliance.otherSlot', other && (other.triesLeft === null ? other.version : i18next.t('appliance.slotTries', { version: other.version, count: other.triesLeft }))],
      ['appliance.uptime', uptimeSeconds !== null && duration(uptimeSeconds)],
      ['appliance.diskFree', disk && `${bytes(disk.freeBytes)} / ${bytes(disk.totalBytes)}`],
      ['appliance.memoryFree', memory && `${bytes(memory.availableBytes)} / ${bytes(memory.totalBytes)}`],
    ],
  ];
}

const modeOf = ({ mode, addresses }: NetworkSettings) => (mode === 'dhcp' ? 'DHCP' : i18next.t('appliance.fixedTo', { addresses: addresses.join(', ') }));

/** What is in force; while that is on trial, also what it goes back to. */
export function networkCard({ network: { kept, trial, now } }: ApplianceSettings, { urls }: ApplianceStatus): FactCard {
  return [
    'appliance.network',
    [
      ['appliance.mode', trial ? i18next.t('appliance.onTrial', { what: modeOf(trial) }) : modeOf(kept)],
      ...(trial ? [['appliance.goesBackTo', modeOf(kept)] as const] : []),
      ['appliance.urls', urls.length > 0 && urls.map((url) => <div key={url}>{url}</div>)],
      ['appliance.gateways', now.gateways.join(', ')],
      ['appliance.dns', now.dns.join(', ')],
    ],
  ];
}

export function nameCard({ hostname }: ApplianceSettings): FactCard {
  return ['appliance.name', [['appliance.name', hostname]]];
}

export function timeCard({ time }: ApplianceSettings, { now }: ApplianceStatus): FactCard {
  return [
    'appliance.time',
    [
      ['appliance.zone', time.zone],
      ['appliance.clock', moment(now, time.zone)],
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
