// What a task did, for people: not the API that it was asked through.
import type { Task } from '../api/types.ts';

export function taskName(task: Task): string {
  return task.properties.name?.replace(/^(REST API|API call): /, '') ?? task.id;
}
