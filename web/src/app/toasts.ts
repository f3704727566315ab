// What happened, at the edge of the page: success fades, failure stays until it is closed.
import { useSyncExternalStore } from 'react';

import { Problem } from '../api/problem.ts';

export interface Toast {
  id: number;
  variant: 'success' | 'danger' | 'info';
  title: string;
  problem?: Problem;
}

let toasts: readonly Toast[] = [];
let count = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]) {
  toasts = next;
  listeners.forEach((listener) => listener());
}

export function toast(what: Omit<Toast, 'id'>) {
  set([...toasts, { ...what, id: count++ }]);
}

/** Any error, said as one. */
export function toastProblem(title: string, error: unknown) {
  const problem = error instanceof Problem ? error : new Problem(0, error instanceof Error ? error.message : String(error), undefined, {}, undefined);
  toast({ variant: 'danger', title, problem });
}

export function closeToast(id: number) {
  set(toasts.filter((one) => one.id !== id));
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
}
