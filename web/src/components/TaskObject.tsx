// What a task is about, as a link; a task need not be about anything. What it makes is told by its name until it is there.
import type { Task } from '../api/types.ts';
import { ObjectLink } from './ObjectLink.tsx';
import { subjectOf } from './taskSubject.ts';

export function TaskObject({ task }: { task: Task }) {
  const subject = subjectOf(task);
  if (subject === undefined) return '–';
  return typeof subject === 'string' ? subject : <ObjectLink {...subject} isWithPool />;
}
