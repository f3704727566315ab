// The appliance that the server runs in: its state, its network, its self-check. On other machines there is none (`SetupState.appliance`).
import { useQuery, useQueryClient } from '@tanstack/react-query';

import { get } from './http.ts';
import { lookAtSetupAgain } from './session.ts';

export type Health = 'ok' | 'warning' | 'failed';

export interface ApplianceStatus {
  version: string;
  hostname: string;
  slots: { running: string | null };
  health: { state: Health; text: string };
  problems: { place: string; what: string; therefore: string }[];
  disk: { totalBytes: number; freeBytes: number } | null;
  memory: { totalBytes: number; availableBytes: number } | null;
  urls: string[];
  certificate: { fingerprint: string; notAfter: number } | null;
}

export interface NetworkSettings {
  mode: 'dhcp' | 'static';
  addresses: string[];
  gateways: string[];
  dns: string[];
}

export interface ApplianceNetwork {
  kept: NetworkSettings;
  /** A change that nobody has kept yet. */
  trial: NetworkSettings | null;
  pending: { change: number; secondsLeft: number } | null;
  now: { gateways: string[]; dns: string[] };
}

export interface ApplianceTime {
  zone: string;
  ntp: string[];
}

/** Everything of the appliance that can be changed, as it is. */
export interface ApplianceSettings {
  network: ApplianceNetwork;
  hostname: string;
  time: ApplianceTime;
  /** Without its password. */
  proxy: string | null;
}

export interface Finding {
  name: string;
  state: Health;
  text: string;
  action?: string;
}

export interface SelfCheck {
  state: Health;
  checks: Finding[];
}

const APPLIANCE = 'appliance';

export function useAppliance() {
  return useQuery({ queryKey: [APPLIANCE, 'status'], queryFn: () => get<ApplianceStatus>('/appliance') });
}

export function useApplianceSettings() {
  return useQuery({
    queryKey: [APPLIANCE, 'settings'],
    queryFn: async (): Promise<ApplianceSettings> => {
      const [network, { hostname }, time, { proxy }] = await Promise.all([
        get<ApplianceNetwork>('/appliance/network'),
        get<{ hostname: string }>('/appliance/hostname'),
        get<ApplianceTime>('/appliance/time'),
        get<{ proxy: string | null }>('/appliance/proxy'),
      ]);
      return { network, hostname, time, proxy };
    },
  });
}

/** Asks for everything anew, after a change: the wizard's certificate too. */
export function useApplianceAgain() {
  const client = useQueryClient();
  return async () => {
    await Promise.all([client.invalidateQueries({ queryKey: [APPLIANCE] }), lookAtSetupAgain()]);
  };
}

export async function selfCheck(): Promise<SelfCheck> {
  return get<SelfCheck>('/appliance/check');
}
