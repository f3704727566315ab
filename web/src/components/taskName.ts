// What a task did, for people, in their language: not the API that it was asked through. A task that is not known here keeps its own name.
import i18next from 'i18next';

import type { Task } from '../api/types.ts';

export function taskName(task: Task): string {
  const name = task.properties.name?.replace(/^(REST API|API call): /, '');
  if (name === undefined) return task.id;
  const key = `did.${slugOf(name)}`;
  return i18next.exists(key) ? i18next.t(key as 'did.start_vm') : name;
}

/** Its name in the catalogues: `start VM` and `vm.start` have one each. */
export function slugOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z\d]+/g, '_');
}
