// In which time zone dates are shown: the browser's, or the one chosen in this browser.
import { useSyncExternalStore } from 'react';

const KEPT = 'xo.timeZone';
const listeners = new Set<() => void>();

/** All that may be chosen. */
export const TIME_ZONES: readonly string[] = Intl.supportedValuesOf('timeZone');
export const OWN_TIME_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The chosen one; `undefined` for the browser's own. What was kept and nobody knows any more counts as that. */
export function timeZone(): string | undefined {
  const kept = localStorage.getItem(KEPT);
  return kept !== null && TIME_ZONES.includes(kept) ? kept : undefined;
}

export function chooseTimeZone(zone: string | undefined) {
  if (zone) localStorage.setItem(KEPT, zone);
  else localStorage.removeItem(KEPT);
  listeners.forEach((listener) => listener());
}

/** Whoever calls it is drawn again, with all below, when another one is chosen. */
export function useTimeZone(): string | undefined {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, timeZone);
}
