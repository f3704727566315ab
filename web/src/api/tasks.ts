// Tasks that run, live, and waiting for the end of one.
import { useSyncExternalStore } from 'react';

import { get } from './http.ts';
import { live, type Change, type Watch } from './live.ts';
import type { Task } from './types.ts';

type Ended = (task: Task) => void;

class Tasks {
  running: readonly Task[] = [];
  private readonly waiting = new Map<string, Ended[]>();
  private readonly listeners = new Set<() => void>();
  private watch: Watch | undefined;

  /** While somebody is signed in. */
  readonly start = (): (() => void) => {
    this.watch = live.watch(
      { collection: 'task', fields: '*' },
      { onChanges: (changes) => this.hear(changes), onReady: () => void this.list() },
    );
    return () => {
      this.watch?.stop();
      this.watch = undefined;
      this.set([]);
    };
  };

  readonly onChange = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Resolves when the task has ended, however it went. */
  async ended(id: string): Promise<Task> {
    // Without events, the server holds the answer back until then.
    if (live.connection !== 'open') return get<Task>(`/tasks/${id}`, { wait: true });
    const heard = new Promise<Task>((resolve) => {
      this.waiting.set(id, [...(this.waiting.get(id) ?? []), resolve]);
    });
    // It may have ended before anybody listened.
    void this.look(id);
    return heard;
  }

  private async look(id: string) {
    const task = await get<Task>(`/tasks/${id}`).catch(() => undefined);
    if (task && task.status !== 'pending') this.end(task);
  }

  private async list() {
    const pending = await get<Task[]>('/tasks', { filter: 'status:pending', fields: '*' }).catch(() => undefined);
    if (pending) this.set(pending);
    for (const id of this.waiting.keys()) void this.look(id);
  }

  private hear(changes: Change[]) {
    let running = [...this.running];
    for (const { kind, object } of changes) {
      const task = object as unknown as Task;
      running = running.filter((known) => known.id !== task.id);
      if (kind !== 'remove' && task.status === 'pending') running.push(task);
      else if (kind !== 'remove') this.end(task);
    }
    this.set(running);
  }

  private end(task: Task) {
    const waiting = this.waiting.get(task.id) ?? [];
    this.waiting.delete(task.id);
    waiting.forEach((resolve) => resolve(task));
  }

  private set(running: readonly Task[]) {
    this.running = running;
    this.listeners.forEach((listener) => listener());
  }
}

export const tasks = new Tasks();

export function useRunningTasks(): readonly Task[] {
  return useSyncExternalStore(tasks.onChange, () => tasks.running);
}
