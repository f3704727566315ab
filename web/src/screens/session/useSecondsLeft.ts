// How long somebody who was refused must still wait.
import { useEffect, useState } from 'react';

import type { Problem } from '../../api/problem.ts';

/** Counts down from what the server asked for; 0 when there is nothing to wait for. */
export function useSecondsLeft(problem: Problem | undefined): number {
  const [left, setLeft] = useState(0);
  const [counted, setCounted] = useState<Problem>();
  if (problem !== counted) {
    setCounted(problem);
    setLeft(problem?.status === 429 ? (problem.retryAfter ?? 0) : 0);
  }
  useEffect(() => {
    if (left <= 0) return undefined;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return left;
}
