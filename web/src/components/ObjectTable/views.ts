// Views of lists that somebody keeps: the part of the address that says what is shown, under a name. Kept in this browser, for each account.
import { useSyncExternalStore } from 'react';

import type { Collection } from '../../api/types.ts';

export interface View {
  name: string;
  /** `filter=…&sort=…&columns=…` */
  query: string;
}

const listeners = new Set<() => void>();
/** What was read last, so that the same is the same. */
const read = new Map<string, { text: string; views: readonly View[] }>();
const keyOf = (user: string, collection: Collection) => `xo.views.${user}.${collection}`;

function parse(text: string): View[] {
  try {
    const views: unknown = JSON.parse(text);
    return Array.isArray(views) ? views.filter((view): view is View => typeof view?.name === 'string' && typeof view?.query === 'string') : [];
  } catch {
    return [];
  }
}

export function viewsOf(user: string, collection: Collection): readonly View[] {
  const key = keyOf(user, collection);
  const text = localStorage.getItem(key) ?? '[]';
  const known = read.get(key);
  if (known?.text === text) return known.views;
  const views = parse(text);
  read.set(key, { text, views });
  return views;
}

function write(user: string, collection: Collection, views: readonly View[]) {
  localStorage.setItem(keyOf(user, collection), JSON.stringify(views));
  listeners.forEach((listener) => listener());
}

/** One of the same name is replaced. */
export function keepView(user: string, collection: Collection, view: View) {
  const others = viewsOf(user, collection).filter(({ name }) => name !== view.name);
  write(user, collection, [...others, view].sort((a, b) => a.name.localeCompare(b.name)));
}

export function dropView(user: string, collection: Collection, name: string) {
  write(user, collection, viewsOf(user, collection).filter((view) => view.name !== name));
}

export function useViews(user: string, collection: Collection): readonly View[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => viewsOf(user, collection),
  );
}
