// Where an object's own page is. A collection without a page here has none yet, and nothing links to it. And where the first visit is.
import type { Collection } from '../api/types.ts';

const PAGES: { [C in Collection]?: string } = {
  vms: '/vms',
  hosts: '/hosts',
  pools: '/pools',
  srs: '/srs',
  networks: '/networks',
};

export function pathOf(collection: Collection, id: string): string | undefined {
  const base = PAGES[collection];
  return base && `${base}/${id}`;
}

/** The object whose page is at an address. */
export function pageOf(pathname: string): { collection: Collection; id: string } | undefined {
  const [, base, id] = /^(\/[\w-]+)\/([^/]+)/.exec(pathname) ?? [];
  const collection = (Object.keys(PAGES) as Collection[]).find((one) => PAGES[one] === base);
  return collection && id !== undefined ? { collection, id } : undefined;
}

/** A step of the first visit. */
export const SETUP_STEP = '/setup/:step';
