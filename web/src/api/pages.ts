// Pages of lists as they are kept: where each is found in the store, how it is asked for, and how new contents of rows get into it.
import { queries } from './client.ts';
import * as flights from './flights.ts';
import { send } from './http.ts';
import type { Change } from './live.ts';
import type { Collection, Collections } from './types.ts';

export interface ListSpec<C extends Collection> {
  collection: C;
  /** In the language of filters. */
  filter: string;
  /** Properties with commas, `-` before one reverses it. */
  sort: string;
  /** Top-level properties. */
  fields: readonly string[];
}

export interface Page<T> {
  total: number;
  /** When that was so: pages that were listed at different times may tell different numbers. */
  at: number;
  rows: T[];
}

/** To find and sort what a page is cut from costs the server more than the page, so that small ones would save nothing. */
export const PAGE_ROWS = 200;
/** Who scrolls through thousands of rows does not leave them all behind. */
const KEPT_MS = 60_000;

const rowsOf = (spec: ListSpec<Collection>) => ['list', spec.collection, spec.fields.join(',')];
export const keyOf = (spec: ListSpec<Collection>) => [...rowsOf(spec), spec.filter, spec.sort];
const topicOf = (spec: ListSpec<Collection>) => rowsOf(spec).join(' ');

async function fetchPage<C extends Collection>(spec: ListSpec<C>, page: number, signal: AbortSignal): Promise<Page<Collections[C]>> {
  const query = {
    fields: spec.fields.join(','),
    filter: spec.filter || undefined,
    sort: spec.sort || undefined,
    offset: page * PAGE_ROWS,
    limit: PAGE_ROWS,
  };
  const { value, headers } = await send<Collections[C][]>({ method: 'GET', path: `/${spec.collection}`, query }, signal);
  // Events tell no links: with them, every row would seem to change when it is told for the first time.
  for (const row of value) delete (row as { href?: string }).href;
  return { rows: value, total: Number(headers.get('x-total-count') ?? value.length), at: performance.now() };
}

/** What TanStack Query is told of a page. */
export function pageQuery<C extends Collection>(spec: ListSpec<C>, page: number) {
  return {
    queryKey: [...keyOf(spec), page],
    queryFn: ({ signal }: { signal: AbortSignal }) => flights.ask(topicOf(spec), () => fetchPage(spec, page, signal), withNews),
    gcTime: KEPT_MS,
  };
}

export function knownPage<C extends Collection>(spec: ListSpec<C>, page: number): Page<Collections[C]> | undefined {
  return queries.getQueryData([...keyOf(spec), page]);
}

/** Puts new contents of rows into the pages that show them, or soon will; what is the same in a row stays the same object. */
export function patchPages(spec: ListSpec<Collection>, changes: Change[]) {
  flights.hear(topicOf(spec), changes);
  const news = new Map(changes.map((change) => [change.object.id, change]));
  queries.setQueriesData<Page<{ id: string }>>({ queryKey: rowsOf(spec) }, (page) => page && withNews(page, news));
}

/** Rows that are gone stay: the list is asked for again when its members change. */
function withNews<T extends { id: string }>(page: Page<T>, news: ReadonlyMap<string, Change>): Page<T> {
  const now = (row: T) => {
    const change = news.get(row.id);
    return change && change.kind !== 'remove' ? (change.object as unknown as T) : row;
  };
  return page.rows.some(({ id }) => news.has(id)) ? { ...page, rows: page.rows.map(now) } : page;
}
