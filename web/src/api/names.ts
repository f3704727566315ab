// Names of objects that others refer to: the host of a row, the pool of a page. Everyone who shows one says so here, and one live
// subscription per collection brings them all.
import { useCallback, useSyncExternalStore } from 'react';

import { live, type Watch } from './live.ts';
import { type Collection, type NamedInPool, TYPES } from './types.ts';

const MOST_KEPT = 200;
const FIELDS = ['id', 'name_label', '$pool'];
/** Where a storage is tells it from others of its name. */
const STORAGE_FIELDS = [...FIELDS, 'shared', '$container'];

/** What tells an object of this collection from others. */
export function namedBy(collection: Collection): readonly string[] {
  return collection === 'srs' ? STORAGE_FIELDS : FIELDS;
}

class Names {
  private readonly users = new Map<string, number>();
  private readonly known = new Map<string, NamedInPool>();
  private readonly listeners = new Set<() => void>();
  private watch: Watch | undefined;
  /** What is subscribed: those in use, and some that were, because rows come back into sight. */
  private ids: readonly string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly collection: Collection) {}

  use(id: string, listener: () => void): () => void {
    this.listeners.add(listener);
    this.count(id, 1);
    return () => {
      this.listeners.delete(listener);
      this.count(id, -1);
    };
  }

  find = (id: string): NamedInPool | undefined => this.known.get(id);

  private count(id: string, by: number) {
    const users = (this.users.get(id) ?? 0) + by;
    if (users > 0) this.users.set(id, users);
    else this.users.delete(id);
    this.timer ??= setTimeout(() => this.settle(), 20);
  }

  private settle() {
    this.timer = undefined;
    const subscribed = new Set(this.ids);
    if ([...this.users.keys()].every((id) => subscribed.has(id))) return;
    this.ids = [...new Set([...this.users.keys(), ...this.ids])].slice(0, Math.max(this.users.size, MOST_KEPT));
    const part = { collection: TYPES[this.collection], fields: namedBy(this.collection), ids: this.ids };
    if (this.watch) this.watch.change(part);
    else this.watch = live.watch(part, { onChanges: (changes) => this.learn(changes.map((c) => c.object as unknown as NamedInPool)) });
  }

  private learn(objects: NamedInPool[]) {
    for (const object of objects) this.known.set(object.id, object);
    this.listeners.forEach((listener) => listener());
  }
}

const byCollection = new Map<Collection, Names>();

/** An object by its name and its pool; `undefined` while it is not known, or without an id. */
export function useNamed(collection: Collection, id: string | undefined): NamedInPool | undefined {
  let names = byCollection.get(collection);
  if (!names) byCollection.set(collection, (names = new Names(collection)));
  const known = names;
  const subscribe = useCallback((listener: () => void) => (id === undefined ? () => undefined : known.use(id, listener)), [known, id]);
  return useSyncExternalStore(subscribe, () => (id === undefined ? undefined : known.find(id)));
}

/** The name of an object; `undefined` while it is not known, or without an id. */
export function useName(collection: Collection, id: string | undefined): string | undefined {
  return useNamed(collection, id)?.name_label;
}
