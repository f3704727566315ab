// Chosen rows. They keep what was known of them when they left the screen, so that actions know what they touch.
import { useCallback, useState } from 'react';

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

/** What is chosen among the answers to one question: another one begins with nothing. */
export function useSelection<T extends { id: string }>(question: string) {
  const [state, setState] = useState<{ question: string; chosen: ReadonlyMap<string, T> }>({ question, chosen: NONE });
  const toggle = useCallback(
    (object: T) =>
      setState((old) => {
        const next = new Map<string, T>(old.question === question ? old.chosen : NONE);
        if (!next.delete(object.id)) next.set(object.id, object);
        return { question, chosen: next };
      }),
    [question],
  );
  return {
    chosen: state.question === question ? state.chosen : NONE,
    toggle,
    set: (objects: readonly T[]) => setState({ question, chosen: new Map(objects.map((object) => [object.id, object])) }),
  };
}
