// Ended tasks, the newest first; listed again whenever one ends.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { queries } from './client.ts';
import { send } from './http.ts';
import { live } from './live.ts';
import type { Problem } from './problem.ts';
import type { Task } from './types.ts';
import { useConnection } from './useConnection.ts';

const ENDED = ['tasks-ended'];
const SETTLE_MS = 150;

interface Page {
  total: number;
  rows: Task[];
}

/** Those that match the filter, up to `limit`. */
export function useEndedTasks(filter: string, limit: number) {
  const connection = useConnection();
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: ENDED });
      }, SETTLE_MS);
    };
    let wasReady = false;
    const watch = live.watch(
      { collection: 'task', fields: ['id', 'status'] },
      {
        onChanges: (changes) => {
          if (changes.some(({ kind, object }) => kind === 'remove' || object.status !== 'pending')) again();
        },
        onReady: () => {
          setReady(true);
          if (wasReady) again();
          wasReady = true;
        },
      },
    );
    return () => {
      clearTimeout(timer);
      watch.stop();
    };
  }, []);
  return useQuery<Page, Problem>({
    queryKey: [...ENDED, filter, limit],
    placeholderData: keepPreviousData,
    // Listened to first, listed then: nothing falls between.
    enabled: isReady || connection === 'lost',
    queryFn: async ({ signal }) => {
      const query = { filter: ['!status:pending', filter].filter(Boolean).join(' '), fields: '*', sort: '-start', limit };
      const { value, headers } = await send<Task[]>({ method: 'GET', path: '/tasks', query }, signal);
      return { rows: value, total: Number(headers.get('x-total-count') ?? value.length) };
    },
  });
}
