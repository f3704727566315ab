// Light, dark, or as the system has it. `public/theme.js` does the same before the first paint.
import { useSyncExternalStore } from 'react';

export type Theme = 'light' | 'dark' | 'system';
export const THEMES: readonly Theme[] = ['light', 'dark', 'system'];

const KEPT = 'xo.theme';
const listeners = new Set<() => void>();
const dark = matchMedia('(prefers-color-scheme: dark)');
dark.addEventListener('change', () => apply());

function current(): Theme {
  const kept = localStorage.getItem(KEPT);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

function apply() {
  const theme = current();
  document.documentElement.classList.toggle('pf-v6-theme-dark', theme === 'dark' || (theme === 'system' && dark.matches));
}

export function chooseTheme(theme: Theme) {
  localStorage.setItem(KEPT, theme);
  apply();
  listeners.forEach((listener) => listener());
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, current);
}
