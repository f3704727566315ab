// Which storage suits: from where it is reached, and how much it can take. Storage that is not shared is reached from one host only.
import type { Values } from '../actions/action.ts';
import type { Sr, Vm } from '../api/types.ts';

/** Why something needs storage that this host reaches. */
export interface Tie {
  host: string;
  why: 'runs' | 'disks' | 'chosen';
}

/** What storage must do. */
export interface Need {
  tie?: Tie | undefined;
  /** Bytes that must fit in. */
  room?: number | undefined;
}

/** What a field for storage or disks needs, some of it told by other fields of its form. */
export interface AskedNeed {
  /** The VM that it is for. */
  vm?: Pick<Vm, '$container' | '$pool' | 'power_state'>;
  /** The name of the field in which the host is chosen. */
  hostField?: string;
  room?: number;
  /** The name of the field that asks how much must fit in. */
  roomField?: string;
}

type Place = Partial<Pick<Sr, 'shared' | '$container' | '$pool'>>;

/** The only host that reaches it; `undefined` where there may be several. */
export function hostOf({ shared, $container, $pool }: Place): string | undefined {
  return shared || $container === $pool ? undefined : $container;
}

/** A VM is bound to the host where it runs, or to the only one that reaches all of its disks. */
export function tieOf(vm: NonNullable<AskedNeed['vm']>): Tie | undefined {
  if (vm.$container === vm.$pool) return undefined;
  return { host: vm.$container, why: vm.power_state === 'Running' || vm.power_state === 'Paused' ? 'runs' : 'disks' };
}

export function needOf({ vm, hostField, room, roomField }: AskedNeed, values: Values): Need {
  const host = hostField === undefined ? '' : String(values[hostField] ?? '');
  return { tie: host ? { host, why: 'chosen' } : vm && tieOf(vm), room: roomField === undefined ? room : Number(values[roomField] ?? 0) };
}

export const freeOf = (sr: Pick<Sr, 'size' | 'physical_usage'>) => Math.max(0, sr.size - sr.physical_usage);

export type Misfit = 'unreached' | 'small';

/** What speaks against it, the worse first. */
export function misfitOf(sr: Place & Pick<Sr, 'size' | 'physical_usage'>, { tie, room = 0 }: Need): Misfit | undefined {
  const host = hostOf(sr);
  if (tie && host !== undefined && host !== tie.host) return 'unreached';
  return room > freeOf(sr) ? 'small' : undefined;
}
