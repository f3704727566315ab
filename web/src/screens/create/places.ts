// Where a new VM can run, by where its disks will lie: storage that is not shared is reached from one host only.
import type { Sr, VmTemplate } from '../../api/types.ts';
import { hostOf, type Tie } from '../../components/storage.ts';
import type { Draft } from './draft.ts';

interface Known {
  srs: readonly Pick<Sr, 'id' | 'shared' | '$container' | '$pool'>[];
  /** Of the pool. */
  defaultSr: string | undefined;
  /** Its own disks stay where they are. */
  template: Pick<VmTemplate, '$container' | '$pool'> | undefined;
}

/** The hosts that its disks bind it to, each once; more than one, and it starts nowhere. Without the disk at `except`. */
export function boundTo(draft: Pick<Draft, 'disks'>, { srs, defaultSr, template }: Known, except?: number): string[] {
  const ids = draft.disks.filter((_, i) => i !== except).map(({ sr }) => sr || defaultSr);
  const hosts = ids.map((id) => srs.find((sr) => sr.id === id)).map((sr) => sr && hostOf(sr));
  return [...new Set([template && hostOf({ shared: false, ...template }), ...hosts].filter((host) => host !== undefined))];
}

/** The host that must reach the disk at `index`: that of the others, else the preferred one. */
export function tieOfDisk(draft: Pick<Draft, 'disks' | 'host'>, known: Known, index: number): Tie | undefined {
  const [host] = boundTo(draft, known, index);
  if (host !== undefined) return { host, why: 'disks' };
  return draft.host ? { host: draft.host, why: 'chosen' } : undefined;
}
