// What was asked for and is kept: TanStack Query's one store. Live changes are written into it; nothing polls.
import { QueryClient } from '@tanstack/react-query';

import { Problem } from './problem.ts';

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      // Only what may get better by itself is asked for again.
      retry: (count, error) => count < 2 && error instanceof Problem && (error.status === 0 || error.status >= 502),
    },
  },
});
