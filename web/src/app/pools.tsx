// Which pools there are: one list for the whole page, so that what has the same name in two of them can be told apart anywhere.
import { createContext, use, useCallback, useMemo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { nameOf } from '../actions/action.ts';
import type { Found } from '../api/find.ts';
import { useName } from '../api/names.ts';
import { useIsAdmin, useMay } from '../api/permissions.ts';
import type { Pool } from '../api/types.ts';
import { useAll } from '../api/useList.ts';
import { hostOf } from '../components/storage.ts';

const MOST = 500;

type KnownPool = Pick<Pool, 'id' | 'name_label' | 'default_SR'>;

interface Known {
  pools: readonly KnownPool[];
  /** Whether nothing more will come. */
  isKnown: boolean;
  /** Whether this user may see all objects. It stands here because rows of lists ask for it, which a query each would slow down. */
  seesAll: boolean;
}

const Pools = createContext<Known>({ pools: [], isKnown: false, seesAll: true });

export function PoolsProvider({ children }: { children: ReactNode }) {
  const { rows, total } = useAll('pools', '', ['id', 'name_label', 'default_SR'], 'name_label', MOST);
  // The same list for as long as it says the same.
  const text = JSON.stringify(rows.map(({ id, name_label, default_SR }) => ({ id, name_label, default_SR })));
  const isKnown = total !== undefined;
  const seesAll = useIsAdmin();
  const known = useMemo<Known>(() => ({ pools: JSON.parse(text) as KnownPool[], isKnown, seesAll }), [text, isKnown, seesAll]);
  return <Pools value={known}>{children}</Pools>;
}

export function usePools(): Known {
  return use(Pools);
}

/** The pools in which this user may make VMs. */
export function useMakerPools(): Omit<Known, 'seesAll'> {
  const { pools, isKnown } = usePools();
  const may = useMay(pools.map(({ id }) => id));
  return { pools: pools.filter(({ id }) => may?.(id, 'administrate')), isKnown: isKnown && (pools.length === 0 || may !== undefined) };
}

/** Tells the name of a pool where it says something: there is more than one. */
export function usePoolName(): (id: string | undefined) => string | undefined {
  const { pools } = usePools();
  return useCallback((id) => (pools.length > 1 ? pools.find((pool) => pool.id === id)?.name_label : undefined), [pools]);
}

interface Object {
  id: string;
  name_label?: string | undefined;
  $pool?: string;
}

/** Tells what an object is called, with its pool where there is more than one. */
export function useFullName(): (object: Object) => string {
  const { t } = useTranslation();
  const poolName = usePoolName();
  return useCallback(
    (object) => {
      const pool = object.$pool === object.id ? undefined : poolName(object.$pool);
      return pool === undefined ? nameOf(object) : t('pools.within', { name: nameOf(object), pool });
    },
    [t, poolName],
  );
}

/** What something is, and where: of storage that one host reaches, the host; the pool where there is more than one: "VM · Paris". */
export function Place({ of: [collection, object] }: { of: Found }) {
  const { t } = useTranslation();
  const poolName = usePoolName();
  const { id, $pool } = object;
  const host = useName('hosts', collection === 'srs' ? hostOf(object) : undefined);
  return [t(`kind.${collection}`), host, id === $pool ? undefined : poolName($pool)].filter(Boolean).join(' · ');
}
