// Updates of the appliance: what runs, what is on its way, what came of earlier ones.
//
// The server tells each change of them. Only while the appliance restarts it is asked again and again whether it is back.
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';

import { queries } from './client.ts';
import { get, post, upload } from './http.ts';
import { live } from './live.ts';
import type { Problem } from './problem.ts';

export type Phase = 'working' | 'looking' | 'comparing' | 'coming' | 'checking' | 'writing' | 'readingBack';

/** `bundle` is a file that was sent. */
export type Origin = 'repository' | 'bundle' | 'expiredBundle';

export interface Progress {
  /** What is under way; bytes are counted while something comes or is written. */
  phase: Phase;
  /** Bytes. */
  done: number;
  /** 0 while it is not known. */
  total: number;
  /** Bytes a second. */
  rate: number | null;
  secondsLeft: number | null;
}

export interface Outcome {
  /** Milliseconds. */
  at: number;
  version: string;
  from: string;
  end: 'confirmed' | 'failed' | 'rolledBack' | 'cancelled';
  reason?: string;
  /** What became of the server's data. */
  data?: string;
}

export interface Updates {
  version: string;
  /** The system of the other slot; without tries left to count, it has proved itself. */
  other: { version: string; triesLeft: number | null } | null;
  update: { version: string; from: string; origin: Origin; step: { name: 'fetching' | 'fetched' | 'staging' | 'staged' | 'applied' }; isOnTrial: boolean; notes: string | null } | null;
  /** A way back that has begun. */
  rollback: { from: string; to: string } | null;
  progress: Progress | null;
  /** The last step that ran in the background. */
  ended: { doing: string; error: string | null } | null;
  /** The version of a file that was sent and is still there. */
  uploaded: string | null;
  /** The time that was seen before, if it is later than now; in milliseconds. */
  clockSeenAhead: number | null;
  checked: { at: number; found: string | null } | null;
  /** Releases that went wrong here. */
  refused: string[];
  /** The newest first. */
  outcomes: Outcome[];
  /** What keeps an update that installs itself from starting; `asks` when it has waited long enough. */
  waits: { interrupts: string[]; asks: boolean } | null;
  settings: UpdateSettings;
}

export interface UpdateSettings {
  channel: string;
  repository: string | null;
  bytesPerSecond: number | null;
  /** Updates install themselves. */
  automatic: boolean;
  /** When they do; at any time without one. `from` and `to` are HH:MM. */
  window: { days: string[]; from: string; to: string } | null;
  /** How long they wait for what a restart would interrupt. */
  waitSeconds: number;
}

/** What can be installed. */
export interface Found {
  version: string;
  /** At most: what the running system has already is not downloaded again. */
  bytes: number;
  /** Its release notes (Markdown), if it has some. */
  notes: string | null;
}

/** What a look for updates told. */
export interface Looked {
  found: Found | null;
  /** What is newer still, on channels that are not followed here. */
  elsewhere: { version: string; channels: string[] } | null;
}

/** Which release, and from where. */
export interface Source {
  version?: string;
  from?: 'bundle';
  acceptExpired?: boolean;
}

const UPDATES = ['appliance', 'updates'];
const STEP_MS = 1000;

/** Whether another system is about to start, so that this server goes away. */
export function isRestarting({ update, rollback }: Updates): boolean {
  return rollback !== null || (update?.step.name === 'applied' && !update.isOnTrial);
}

export function useUpdates() {
  useEffect(() => {
    const watch = live.watch(
      { collection: 'update', fields: '*' },
      {
        onChanges: (changes) => {
          // What was asked for before is older.
          void queries.cancelQueries({ queryKey: UPDATES, exact: true });
          for (const { kind, object } of changes) if (kind !== 'remove') queries.setQueryData(UPDATES, object);
        },
        onReady: () => void lookAtUpdatesAgain(),
      },
    );
    return () => watch.stop();
  }, []);
  return useQuery<Updates, Problem>({
    queryKey: UPDATES,
    queryFn: ({ signal }) => get<Updates>('/appliance/updates', undefined, signal),
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data && isRestarting(state.data) ? STEP_MS : false),
  });
}

export async function lookAtUpdatesAgain(): Promise<void> {
  await queries.invalidateQueries({ queryKey: UPDATES });
}

export async function checkUpdate(source: Source = {}): Promise<Looked> {
  try {
    return await post<Looked>('/appliance/updates/actions/check', { ...source });
  } finally {
    await lookAtUpdatesAgain();
  }
}

/** Sends an update in one file, in place of one that was sent before. */
export async function sendUpdate(file: File, signal: AbortSignal): Promise<void> {
  try {
    await upload('/appliance/updates/actions/upload', file, {}, signal);
  } finally {
    await lookAtUpdatesAgain();
  }
}

/** Begins a step that runs in the background. */
export async function beginUpdate(step: 'fetch' | 'stage', source: Source = {}): Promise<void> {
  try {
    await post(`/appliance/updates/actions/${step}`, { ...source });
  } finally {
    await lookAtUpdatesAgain();
  }
}

export async function cancelUpdate(): Promise<void> {
  try {
    await post('/appliance/updates/actions/cancel');
  } finally {
    await lookAtUpdatesAgain();
  }
}

/** The appliance's clock is right: a later time that was seen is forgotten. */
export async function trustClock(): Promise<void> {
  try {
    await post('/appliance/updates/actions/trust_clock');
  } finally {
    await lookAtUpdatesAgain();
  }
}

/** What a restart would interrupt now, in words. */
export function useInterruptions() {
  return useQuery({ queryKey: [...UPDATES, 'interruptions'], staleTime: 0, gcTime: 0, queryFn: () => get<{ interrupts: string[] }>('/appliance/updates/interruptions') });
}

/** Restarts into the new system, or into the one before; with `force` also when that interrupts something. */
export async function switchSystem(verb: 'apply' | 'rollback', force: boolean): Promise<void> {
  try {
    await post(`/appliance/updates/actions/${verb}`, force ? { force } : {});
  } finally {
    await lookAtUpdatesAgain();
  }
}
