// Whether the page has room for little more than a name, as on a telephone. `app.css` uses the same width.
import { useSyncExternalStore } from 'react';

const narrow = matchMedia('(max-width: 36rem)');

export function useIsNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      narrow.addEventListener('change', listener);
      return () => narrow.removeEventListener('change', listener);
    },
    () => narrow.matches,
  );
}
