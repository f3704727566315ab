// What an action is. Actions are data: lists, pages, the palette and "copy as" all read the same.
import type { Call } from '../api/http.ts';
import type { Collection, Collections, Permission } from '../api/types.ts';
import type { AskedNeed } from '../components/storage.ts';
import type { TextKey } from '../i18n.ts';
import type { Why } from './reasons.ts';

/** What the user must do before it runs: nothing, say yes, or type the object's name. */
export type Confirm = 'none' | 'confirm' | 'type-name';

export type Value = string | number | boolean;
export type Values = Record<string, Value>;

/** What is asked for before an action runs. */
export interface Field {
  /** Its name in the values. */
  name: string;
  label: TextKey;
  /** `size` is in bytes, asked for in GiB; `object` is chosen from a collection, `search` is any object, found by its name. */
  kind: 'text' | 'password' | 'lines' | 'number' | 'size' | 'flag' | 'choice' | 'object' | 'search';
  /** Of `number` and `size`: the limits; without `least`, 0. Of `password`: the fewest characters. */
  least?: number;
  most?: number;
  /** Of `text`: what it must be. */
  is?: 'mac' | 'addresses';
  /** Of `text`: what must be typed, so that nobody does it by mistake. */
  exactly?: string;
  /** Without one: empty, no, or the first choice if something must be chosen. */
  initial?: Value;
  isRequired?: boolean;
  /** Asked for only with such other values; without it, always. */
  isAsked?: (values: Values) => boolean;
  /** For `password`: what browsers may fill in; without it, nothing that they know. */
  autoComplete?: string;
  help?: TextKey;
  /** For `choice`: value and text. */
  choices?: readonly (readonly [string, string])[];
  /** For `object`: where it is chosen from, and which of them. For a MAC: the interfaces that it must not be of. */
  collection?: Collection;
  filter?: string;
  /** Of storage and disks: what is needed of them. */
  need?: AskedNeed;
  /** For `object` that need not be chosen: what it is then. */
  empty?: TextKey;
  /** For `object`: what is said when there is none to choose. */
  none?: TextKey;
  /** For `size`: what joins the disk to VMs; while one of these is connected, it stays as it is. */
  vbds?: readonly string[];
}

export interface Action<C extends Collection = Collection> {
  /** Unique: `vms.start`. */
  id: string;
  collection: C;
  label: TextKey;
  /** What is asked for first, when it is one object; for many, what it begins with is taken. */
  ask?(object: Collections[C]): readonly Field[];
  /** The request that does it to one object; one that answers `{taskId}` is followed to its end. */
  call(object: Collections[C], values: Values): Call;
  /** Why the state of an object does not allow it; without this, each does. */
  whyNot?(object: Collections[C]): Why | undefined;
  confirm: Confirm;
  /** What somebody must know before they ask for it. */
  warns?: TextKey;
  /** The right that it takes on the object, where less than changing it is enough. */
  needs?: 'operate';
  /** May be asked for many objects at once. */
  bulk: boolean;
  /** It takes something away that does not come back by itself. */
  danger?: boolean;
  /** Of a device: only while its VM runs. */
  takesRunning?: boolean;
  /** Disks and snapshots go with the object; the question says which. */
  takesDisks?: boolean;
  /** Offered where it belongs on the page, not in menus. */
  isInPlace?: boolean;
}

/** Whether the state of an object allows it. */
export function allows<C extends Collection>(action: Action<C>, object: Collections[C]): boolean {
  return action.whyNot?.(object) === undefined;
}

/** `POST /<collection>/<id>/actions/<name>`, which is what nearly every action is. */
export function posts(collection: Collection, name: string, body: Record<string, unknown> = {}) {
  return (object: { id: string }): Call => ({ method: 'POST', path: `/${collection}/${object.id}/actions/${name}`, body });
}

/** `DELETE /<collection>/<id>` */
export function deletes(collection: Collection) {
  return (object: { id: string }): Call => ({ method: 'DELETE', path: `/${collection}/${object.id}` });
}

/** `PATCH /<collection>/<id>` */
export function patches(collection: Collection, id: string, body: Record<string, unknown>): Call {
  return { method: 'PATCH', path: `/${collection}/${id}`, body };
}

/** Those values that say something. */
export function given(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
}

/** What a form begins with. */
export function initialOf(fields: readonly Field[]): Values {
  const empty = { text: '', password: '', lines: '', number: '', size: 0, flag: false, choice: '', object: '', search: '' } as const;
  return Object.fromEntries(fields.map((field) => [field.name, field.initial ?? (field.kind === 'choice' ? field.choices?.[0]?.[0] : undefined) ?? empty[field.kind]]));
}

/** What an object is called where it must be called something: devices have no names, but places. */
export function nameOf(object: { id: string; name_label?: string | undefined; device?: string | null }): string {
  return object.name_label ?? object.device ?? object.id.slice(0, 8);
}

/** The right that an action takes on its object. */
export function neededFor({ needs }: Pick<Action, 'needs'>): Permission {
  return needs ?? 'administrate';
}
