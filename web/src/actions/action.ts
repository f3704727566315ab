// What an action is. Actions are data: lists, pages, the palette and "copy as" all read the same.
import type { Call } from '../api/http.ts';
import type { Collection, Collections } from '../api/types.ts';
import type { TextKey } from '../i18n.ts';

/** What the user must do before it runs: nothing, say yes, or type the object's name. */
export type Confirm = 'none' | 'confirm' | 'type-name';

export interface Action<C extends Collection = Collection> {
  /** Unique: `vms.start`. */
  id: string;
  collection: C;
  label: TextKey;
  /** The request that does it to one object; one that answers `{taskId}` is followed to its end. */
  call(object: Collections[C]): Call;
  /** Whether the state of an object allows it. */
  allows(object: Collections[C]): boolean;
  confirm: Confirm;
  /** May be asked for many objects at once. */
  bulk: boolean;
  /** It takes something away that does not come back by itself. */
  danger?: boolean;
}

/** `POST /<collection>/<id>/actions/<name>`, which is what nearly every action is. */
export function posts(collection: Collection, name: string, body: Record<string, unknown> = {}) {
  return (object: { id: string }): Call => ({ method: 'POST', path: `/${collection}/${object.id}/actions/${name}`, body });
}
