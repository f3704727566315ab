// A list that the server filters, sorts and cuts into pages; live.
//
// Two subscriptions keep it true: one, limited by the filter, tells when its members or their order change, and then the pages on
// screen are listed again; another, limited to the rows on screen, brings their new contents.
import { keepPreviousData, useQueries } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';

import { queries } from './client.ts';
import { send } from './http.ts';
import { live, type Change, type Watch } from './live.ts';
import type { Problem } from './problem.ts';
import { type Collection, type Collections, TYPES } from './types.ts';
import { useConnection } from './useConnection.ts';

export interface ListSpec<C extends Collection> {
  collection: C;
  /** In the language of filters. */
  filter: string;
  /** Properties with commas, `-` before one reverses it. */
  sort: string;
  /** Top-level properties. */
  fields: readonly string[];
}

/** Which rows are on screen: from, up to and without. */
export interface Window {
  start: number;
  end: number;
}

export interface List<T> {
  /** `undefined` until known. */
  total: number | undefined;
  row: (index: number) => T | undefined;
  error: Problem | null;
  /** The rows shown belong to an older question. */
  isOld: boolean;
}

export const PAGE_ROWS = 100;
const SETTLE_MS = 150;

interface Page<T> {
  total: number;
  rows: T[];
}

async function fetchPage<C extends Collection>(spec: ListSpec<C>, page: number, signal: AbortSignal): Promise<Page<Collections[C]>> {
  const query = {
    fields: spec.fields.join(','),
    filter: spec.filter || undefined,
    sort: spec.sort || undefined,
    offset: page * PAGE_ROWS,
    limit: PAGE_ROWS,
  };
  const { value, headers } = await send<Collections[C][]>({ method: 'GET', path: `/${spec.collection}`, query }, signal);
  return { rows: value, total: Number(headers.get('x-total-count') ?? value.length) };
}

const keyOf = (spec: ListSpec<Collection>) => ['list', spec.collection, spec.fields.join(','), spec.filter, spec.sort];

/** Puts new contents of rows into the pages that show them. */
function patchPages(spec: ListSpec<Collection>, changes: Change[]) {
  const news = new Map(changes.filter((c) => c.kind !== 'remove').map((c) => [c.object.id, c.object]));
  const queryKey = ['list', spec.collection, spec.fields.join(',')];
  queries.setQueriesData<Page<{ id: string }>>({ queryKey }, (page) =>
    page?.rows.some((row) => news.has(row.id)) ? { ...page, rows: page.rows.map((row) => news.get(row.id) ?? row) } : page,
  );
}

export function useList<C extends Collection>(spec: ListSpec<C>, window: Window): List<Collections[C]> {
  const connection = useConnection();
  const { collection, filter, sort } = spec;
  const fields = spec.fields.join(',');
  // One object for as long as the question is the same.
  const asked = useMemo<ListSpec<C>>(() => ({ collection, filter, sort, fields: fields.split(',') }), [collection, filter, sort, fields]);
  const [ready, setReady] = useState<ListSpec<C>>();

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: keyOf(asked) });
      }, SETTLE_MS);
    };
    const keys = asked.sort.split(',').map((key) => key.replace(/^-/, '').split('.')[0] ?? '');
    let wasReady = false;
    const watch = live.watch(
      { collection: TYPES[asked.collection], fields: ['id', ...keys.filter(Boolean)], filter: asked.filter },
      {
        onChanges: again,
        onReady: () => {
          setReady(asked);
          if (wasReady) again();
          wasReady = true;
        },
      },
    );
    return () => {
      clearTimeout(timer);
      watch.stop();
    };
  }, [asked]);

  const pages: number[] = [];
  for (let page = Math.floor(window.start / PAGE_ROWS); page * PAGE_ROWS < Math.max(window.end, 1); page++) pages.push(page);
  const results = useQueries({
    queries: pages.map((page) => ({
      queryKey: [...keyOf(asked), page],
      queryFn: ({ signal }: { signal: AbortSignal }) => fetchPage(asked, page, signal),
      // Listened to first, listed then: nothing falls between.
      enabled: ready === asked || connection === 'lost',
      placeholderData: keepPreviousData,
    })),
  });

  const shown = new Map<number, Page<Collections[C]>>();
  results.forEach((result, i) => {
    const page = pages[i];
    if (result.data && page !== undefined) shown.set(page, result.data as Page<Collections[C]>);
  });
  const row = (index: number) => shown.get(Math.floor(index / PAGE_ROWS))?.rows[index % PAGE_ROWS];

  const visible: string[] = [];
  for (let i = window.start; i < window.end; i++) {
    const id = row(i)?.id;
    if (id) visible.push(id);
  }
  useRows(asked, visible.join(','));

  const total = [...shown.values()].at(-1)?.total;
  // A page that is not there yet must not make the list jump.
  const [lastTotal, setLastTotal] = useState<number>();
  if (total !== undefined && total !== lastTotal) setLastTotal(total);
  return {
    total: total ?? lastTotal,
    row,
    error: (results.find((r) => r.error)?.error ?? null) as Problem | null,
    isOld: results.some((r) => r.isPlaceholderData),
  };
}

/** Keeps the rows with these ids true. */
function useRows(spec: ListSpec<Collection>, ids: string) {
  const watch = useRef<Watch>(undefined);
  useEffect(() => {
    const timer = setTimeout(() => {
      const part = { collection: TYPES[spec.collection], fields: spec.fields, ids: ids ? ids.split(',') : [] };
      if (watch.current) watch.current.change(part);
      else watch.current = live.watch(part, { onChanges: (changes) => patchPages(spec, changes) });
    }, watch.current ? SETTLE_MS : 0);
    return () => clearTimeout(timer);
  }, [spec, ids]);
  useEffect(
    () => () => {
      watch.current?.stop();
      watch.current = undefined;
    },
    [spec],
  );
}

const NO_ORDER = 'name_label';
/** A short list as a whole, up to `limit` rows: what belongs to one object. */
export function useAll<C extends Collection>(collection: C, filter: string, fields: readonly string[], sort = NO_ORDER, limit = PAGE_ROWS) {
  const list = useList({ collection, filter, sort, fields }, { start: 0, end: limit });
  const rows: Collections[C][] = [];
  for (let i = 0; i < Math.min(list.total ?? 0, limit); i++) {
    const row = list.row(i);
    if (row) rows.push(row);
  }
  return { ...list, rows };
}
