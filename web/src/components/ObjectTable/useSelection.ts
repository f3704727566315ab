// Chosen rows. They keep what was known of them when they left the screen, so that actions know what they touch.
import { useCallback, useState } from 'react';

export function useSelection<T extends { id: string }>() {
  const [chosen, setChosen] = useState<ReadonlyMap<string, T>>(new Map());
  const toggle = useCallback(
    (object: T) =>
      setChosen((old) => {
        const next = new Map(old);
        if (!next.delete(object.id)) next.set(object.id, object);
        return next;
      }),
    [],
  );
  return {
    chosen,
    toggle,
    set: (objects: readonly T[]) => setChosen(new Map(objects.map((object) => [object.id, object]))),
  };
}
