// What the user deletes in this window: on a page of it they know why it is gone.
import type { Call } from '../api/http.ts';

const deleted = new Set<string>();

/** Notes a request before it is sent, since the object may be gone before the answer is there. */
export function noteDeletion({ method, path }: Call): void {
  if (method === 'DELETE') deleted.add(path);
}

/** Whether the user asked for this object to be deleted. */
export const isOwnDeletion = (collection: string, id: string) => deleted.has(`/${collection}/${id}`);
