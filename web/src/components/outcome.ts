// How a task stands, for people: one that somebody stopped has not failed, though it ended before its end.
import type { Task } from '../api/types.ts';

export type Outcome = Task['status'] | 'stopped';

export function outcomeOf({ status, abortionRequestedAt }: Pick<Task, 'status' | 'abortionRequestedAt'>): Outcome {
  return status === 'failure' && abortionRequestedAt !== undefined ? 'stopped' : status;
}

/** The same, as conditions on ended tasks. */
export const STOPPED = 'status:failure abortionRequestedAt?';
export const FAILED = 'status:failure !abortionRequestedAt?';
