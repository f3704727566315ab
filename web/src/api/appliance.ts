// The appliance that the server runs in: its state, its network, its self-check. On other machines there is none (`SetupState.appliance`).
import { useQuery, useQueryClient } from '@tanstack/react-query';

import { get } from './http.ts';

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

export function useApplianceNetwork() {
  return useQuery({ queryKey: [APPLIANCE, 'network'], queryFn: () => get<ApplianceNetwork>('/appliance/network') });
}

/** Asks for everything anew, after a change. */
export function useApplianceAgain() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: [APPLIANCE] });
}

export async function selfCheck(): Promise<SelfCheck> {
  return get<SelfCheck>('/appliance/check');
}
