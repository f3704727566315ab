// What a task is about, as a link; a task need not be about anything.
import { collectionOf, type Task } from '../api/types.ts';
import { ObjectLink } from './ObjectLink.tsx';

export function TaskObject({ task }: { task: Task }) {
  const { objectId, objectType } = task.properties;
  const collection = collectionOf(objectType);
  return collection && objectId ? <ObjectLink collection={collection} id={objectId} /> : '–';
}
