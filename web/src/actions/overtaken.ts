// Two who edit the same: a form that somebody has open knows what was there when it was opened.
import type { Field, Value } from './action.ts';

/** The fields that begin with something else now, each with what that is. */
export function overtaken(before: readonly Field[], now: readonly Field[]): (readonly [Field, Value])[] {
  return before.flatMap((field) => {
    const other = now.find(({ name }) => name === field.name);
    return other && other.initial !== field.initial ? [[field, other.initial ?? ''] as const] : [];
  });
}
