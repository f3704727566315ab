// What is wrong, as data: the worst first.
import type { Host, Server, Sr, Task } from '../../api/types.ts';
import { areLost, serverName } from '../../api/useServers.ts';
import { FAILED } from '../../components/outcome.ts';

/** Storage above this share is nearly full. */
export const FULL = 0.9;

export type Trouble =
  /** Without a name for who may not see the pool itself. */
  | { kind: 'pool'; id: string; name: string | undefined; since: number | undefined; code: string | undefined; cause: string | undefined; isTrying: boolean }
  | { kind: 'hostDown' | 'hostDisabled'; id: string; name: string; pool: string }
  | { kind: 'srFull'; id: string; name: string; pool: string; percent: number }
  /** All of them in one, so that they hide nothing else; `last` are the newest. */
  | { kind: 'tasks'; id: string; count: number; since: number; last: readonly Task[] };

/** What pools answer when what was asked for does not fit: the state, or what somebody typed. */
const REFUSALS = ['VM_BAD_POWER_STATE', 'OPERATION_(NOT_ALLOWED|BLOCKED)', 'OTHER_OPERATION_IN_PROGRESS', 'DEVICE_(ALREADY|NOT)_.*', 'INVALID_VALUE', 'VALUE_NOT_SUPPORTED', 'FIELD_TYPE_ERROR', 'MAC_.*', 'VDI_IN_USE'];
const IS_REFUSAL = [`result:code:/^(${REFUSALS.join('|')})$/`, 'result:name:/^Refusal$/'];
export const DAY_MS = 86_400_000;

/** The failed tasks that the overview counts and the list behind it shows. */
export function troublesSince(ms: number): string {
  return `${FAILED} start:>${ms} ${IS_REFUSAL.map((is) => `!${is}`).join(' ')}`;
}

/** The others: they tell nothing of the infrastructure, only of a request that a pool or the server refused. */
export function refusalsSince(ms: number): string {
  return `${FAILED} start:>${ms} |(${IS_REFUSAL.join(' ')})`;
}

interface Known {
  servers: readonly Server[];
  hosts: readonly Host[];
  srs: readonly Sr[];
  failed: { total: number; since: number; rows: readonly Task[] };
}

/** What CDs lie in has no room to run out of. */
export function isStore(sr: Sr): boolean {
  return sr.size > 0 && sr.content_type !== 'iso' && sr.SR_type !== 'udev';
}

export function troublesOf({ servers, hosts, srs, failed }: Known): Trouble[] {
  return [
    ...areLost(servers).map((server): Trouble => ({
      kind: 'pool',
      id: server.id,
      name: serverName(server, servers),
      since: server.lastEvent,
      code: server.error?.code,
      cause: server.error?.message,
      isTrying: server.status === 'connecting',
    })),
    ...hosts.filter(({ power_state }) => power_state !== 'Running').map(({ id, name_label, $pool }): Trouble => ({ kind: 'hostDown', id, name: name_label, pool: $pool })),
    ...srs
      .filter((sr) => isStore(sr) && sr.physical_usage / sr.size > FULL)
      .map((sr): Trouble => ({ kind: 'srFull', id: sr.id, name: sr.name_label, pool: sr.$pool, percent: Math.round((100 * sr.physical_usage) / sr.size) })),
    ...hosts.filter(({ power_state, enabled }) => power_state === 'Running' && !enabled).map(({ id, name_label, $pool }): Trouble => ({ kind: 'hostDisabled', id, name: name_label, pool: $pool })),
    ...(failed.total > 0 ? [{ kind: 'tasks', id: 'tasks', count: failed.total, since: failed.since, last: failed.rows } as const] : []),
  ];
}
