// The appliance that the server runs in: its state, its network, its self-check. On other machines there is none (`SetupState.appliance`).
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';

import { queries } from './client.ts';
import { get } from './http.ts';
import { live } from './live.ts';
import { lookAtSetupAgain } from './session.ts';
import type { SetupState } from './types.ts';
import { useConnection } from './useConnection.ts';

export type Health = 'ok' | 'warning' | 'failed';

export interface ApplianceStatus {
  version: string;
  hostname: string;
  slots: {
    running: string | null;
    /** What can be started; without tries left to count, it has proved itself. */
    entries: { version: string; running: boolean; triesLeft: number | null }[];
  };
  uptimeSeconds: number | null;
  /** The appliance's clock, in milliseconds. */
  now: number;
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
  /** The last change, if it went back by itself; without a fault since nobody kept it in time. */
  wentBack: { change: number; fault: string | null } | null;
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

/** Somebody asked for it elsewhere. */
export function changedNetwork(network: ApplianceNetwork) {
  queries.setQueryData<ApplianceSettings>([APPLIANCE, 'settings'], (told) => told && { ...told, network });
}

/** Asks for everything anew, after a change: the wizard's certificate too. */
export async function lookAtApplianceAgain(): Promise<void> {
  await Promise.all([queries.invalidateQueries({ queryKey: [APPLIANCE] }), lookAtSetupAgain()]);
}

/** What was told while the connection broke may be of a server that was about to end. */
export function useApplianceAfterLoss() {
  const connection = useConnection();
  const wasLost = useRef(false);
  useEffect(() => {
    if (connection === 'open' && wasLost.current) void lookAtApplianceAgain();
    wasLost.current = connection === 'lost' || (wasLost.current && connection !== 'open');
  }, [connection]);
}

/** More than `uptimeSeconds` is rounded by. */
const SAME_START_MS = 2500;
const startOf = ({ now, uptimeSeconds }: ApplianceStatus) => (uptimeSeconds === null ? undefined : now - uptimeSeconds * 1000);

/** What it returns tells whether the appliance answers again after the restart that is asked for next: a server that ends answers for a while. */
export async function watchRestart(): Promise<() => Promise<boolean>> {
  const before = startOf(await get<ApplianceStatus>('/appliance'));
  const hasEnded = live.watchEnd();
  return async () => {
    if (!hasEnded()) return false;
    const now = startOf(await get<ApplianceStatus>('/appliance'));
    return before === undefined || now === undefined || Math.abs(now - before) > SAME_START_MS;
  };
}

/** After a factory reset nobody has an account. */
export async function isErased(): Promise<boolean> {
  return (await get<SetupState>('/setup')).required;
}

export async function selfCheck(): Promise<SelfCheck> {
  return get<SelfCheck>('/appliance/check');
}
