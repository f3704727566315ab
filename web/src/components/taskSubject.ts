// What a task is about: the object that the server names; for what makes something, that which is made; for a plain call, its `id`.
import { type Collection, collectionOf, type Task } from '../api/types.ts';

interface Subject {
  collection: Collection;
  id: string;
  /** As it was called then. */
  name?: string;
}

/** Actions on a pool that make something else. */
const MAKES: Record<string, Collection> = { 'create VM': 'vms', 'create network': 'networks', 'create internal network': 'networks', 'create bonded network': 'networks' };
const NOUNS: Record<string, Collection> = { vm: 'vms', host: 'hosts', pool: 'pools', sr: 'srs', network: 'networks', vdi: 'vdis' };

/** A text where there is only a name. */
export function subjectOf({ properties, result }: Task): Subject | string | undefined {
  const { name = '', objectId, objectType, objectName, method = '', params = {} } = properties;
  const made = MAKES[name.replace('REST API: ', '')];
  if (made && result?.id) return { collection: made, id: result.id };
  if (made) return params.name_label ?? params.name;
  if (method === 'server.add') return params.label && params.host ? `${params.label} (${params.host})` : params.host;
  const collection = collectionOf(objectType);
  if (collection && objectId) return { collection, id: objectId, ...(objectName && { name: objectName }) };
  if (objectName) return objectName;
  const noun = NOUNS[method.split('.')[0] ?? ''];
  return noun && params.id ? { collection: noun, id: params.id } : undefined;
}
