// What somebody typed where a reload or the way back must lose nothing. It is kept for this window, until it is forgotten.
//
// Invariant: no password is kept.
import { useState } from 'react';

const PREFIX = 'xo.kept.';

/** A state that is kept under this name; without a name it is only a state. */
export function useKept(name: string | undefined, initial: string): [string, (value: string) => void] {
  const [value, setValue] = useState(() => (name ? (sessionStorage.getItem(PREFIX + name) ?? initial) : initial));
  const keep = (next: string) => {
    setValue(next);
    if (name) sessionStorage.setItem(PREFIX + name, next);
  };
  return [value, keep];
}

/** Forgets what was kept under names that begin so. */
export function forgetKept(beginning: string) {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX + beginning)) sessionStorage.removeItem(key);
}
