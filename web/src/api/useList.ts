// A list that the server filters, sorts and cuts into pages; live.
//
// It is asked for at once. Two subscriptions keep it true: one, limited by the filter, tells when its members or their order change, and
// then the pages on screen are listed again, as they are once more when that subscription begins; another, limited to the rows on screen,
// brings their new contents.
import { useQueries } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';

import { queries } from './client.ts';
import { live, type Watch } from './live.ts';
import { keyOf, knownPage, PAGE_ROWS, pageQuery, patchPages, type ListSpec, type Page } from './pages.ts';
import type { Problem } from './problem.ts';
import { type Collection, type Collections, TYPES } from './types.ts';

export { PAGE_ROWS, type ListSpec } from './pages.ts';

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

const SETTLE_MS = 150;
/** Somebody who types a filter asks a new question with each letter; only the one that stays is listened to. */
const LISTEN_MS = 300;
/** Rows that will come into sight within this time are asked for ahead, but not more than so many. */
const AHEAD_MS = 1000;
const AHEAD_ROWS = 800;

/** Without a `spec`, nothing is asked for. */
export function useList<C extends Collection>(spec: ListSpec<C> | undefined, window: Window): List<Collections[C]> {
  const { collection, filter, sort } = spec ?? {};
  const fields = spec?.fields.join(',');
  // One object for as long as the question is the same.
  const asked = useMemo<ListSpec<C> | undefined>(
    () => (collection === undefined || filter === undefined || sort === undefined || fields === undefined ? undefined : { collection, filter, sort, fields: fields.split(',') }),
    [collection, filter, sort, fields],
  );
  useMembers(asked);

  // What was shown last stays until the answer to a new question is there.
  const [current, setCurrent] = useState(asked);
  const [previous, setPrevious] = useState(asked);
  // A page that is not there yet must not make the list jump.
  const [known, setKnown] = useState<{ asked: typeof asked; total: number; at: number }>();
  const total = known?.total;
  if (asked !== current) {
    setCurrent(asked);
    if (current && knownPage(current, 0)) setPrevious(current);
  }

  const first = Math.floor(window.start / PAGE_ROWS);
  // How many there are is told by the first answer.
  const end = total === undefined ? window.start + 1 : Math.min(window.end, total);
  const pages = asked ? [first] : [];
  for (let page = first + 1; page * PAGE_ROWS < end; page++) pages.push(page);
  // Cells may only meet rows that have what they read.
  const standIn = previous && previous !== asked && previous.collection === collection && previous.fields.join(',') === fields ? previous : undefined;
  const results = useQueries({
    queries: pages.map((page) => ({ ...pageQuery(asked as ListSpec<C>, page), placeholderData: () => standIn && knownPage(standIn, page) })),
  });
  useAhead(asked, window, total ?? 0);

  const shown = new Map<number, Page<Collections[C]>>();
  let newest: Page<Collections[C]> | undefined;
  for (const [i, { data, isPlaceholderData }] of results.entries()) {
    const number = pages[i];
    if (!data || number === undefined) continue;
    const page = data as Page<Collections[C]>;
    shown.set(number, page);
    if (!isPlaceholderData && page.at > (newest?.at ?? -1)) newest = page;
  }
  // Never back to an older number: which pages are shown depends on it.
  if (newest && (known === undefined || known.asked !== asked || newest.at > known.at)) setKnown({ asked, total: newest.total, at: newest.at });
  const row = (index: number) => shown.get(Math.floor(index / PAGE_ROWS))?.rows[index % PAGE_ROWS];

  const visible: string[] = [];
  for (let i = window.start; i < window.end; i++) {
    const id = row(i)?.id;
    if (id) visible.push(id);
  }
  useRows(asked, visible.join(','));

  return {
    total: asked && total,
    row,
    error: (results.find((r) => r.error)?.error ?? null) as Problem | null,
    isOld: results.some((r) => r.isPlaceholderData),
  };
}

/** Lists again what is on screen when members or their order change. */
function useMembers(asked: ListSpec<Collection> | undefined) {
  useEffect(() => {
    if (!asked) return;
    const queryKey = keyOf(asked);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        // One at a time: an answer that is on its way is not thrown away, however fast the changes come.
        if (queries.isFetching({ queryKey }) > 0) again();
        else void queries.invalidateQueries({ queryKey });
      }, SETTLE_MS);
    };
    const keys = asked.sort.split(',').map((key) => key.replace(/^-/, '').split('.')[0] ?? '');
    const part = { collection: TYPES[asked.collection], fields: ['id', ...keys.filter(Boolean)], filter: asked.filter };
    let watch: Watch | undefined;
    const start = setTimeout(() => {
      watch = live.watch(part, { onChanges: again, onReady: again });
    }, LISTEN_MS);
    return () => {
      clearTimeout(start);
      clearTimeout(timer);
      watch?.stop();
    };
  }, [asked]);
}

/** Asks for the pages that scrolling will bring into sight. */
function useAhead(asked: ListSpec<Collection> | undefined, { start, end }: Window, total: number) {
  const last = useRef({ start: 0, time: 0 });
  useEffect(() => {
    const time = performance.now();
    const moved = start - last.current.start;
    // Who has just begun will go on: less than a page is never asked for.
    const rows = Math.min(AHEAD_ROWS, Math.max(PAGE_ROWS, (Math.abs(moved) * AHEAD_MS) / Math.max(time - last.current.time, 1)));
    last.current = { start, time };
    if (!asked || moved === 0) return;
    const [from, to] = moved > 0 ? [end, end + rows] : [start - rows, start];
    for (let page = Math.max(0, Math.floor(from / PAGE_ROWS)); page * PAGE_ROWS < Math.min(to, total); page++) void queries.prefetchQuery(pageQuery(asked, page));
  }, [asked, start, end, total]);
}

/** Keeps the rows with these ids true. */
function useRows(spec: ListSpec<Collection> | undefined, ids: string) {
  const watch = useRef<Watch>(undefined);
  useEffect(() => {
    if (!spec) return;
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
const MOST = 100;
/** A short list as a whole, up to `limit` rows: what belongs to one object. Without a filter, nothing. */
export function useAll<C extends Collection>(collection: C, filter: string | undefined, fields: readonly string[], sort = NO_ORDER, limit = MOST) {
  const list = useList(filter === undefined ? undefined : { collection, filter, sort, fields }, { start: 0, end: limit });
  const rows: Collections[C][] = [];
  for (let i = 0; i < Math.min(list.total ?? 0, limit); i++) {
    const row = list.row(i);
    if (row) rows.push(row);
  }
  return { ...list, rows };
}
