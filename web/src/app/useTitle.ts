// The name of the screen on the browser's tab.
import { useEffect } from 'react';

export function useTitle(title: string | undefined) {
  useEffect(() => {
    document.title = title ? `${title} · XOA` : 'XOA';
  }, [title]);
}
