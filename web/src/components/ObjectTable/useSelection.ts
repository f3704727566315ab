// Chosen rows. They keep what was known of them when they left the screen, so that actions know what they touch.
import { useState } from 'react';

export function useSelection<T extends { id: string }>() {
  const [chosen, setChosen] = useState<ReadonlyMap<string, T>>(new Map());
  return {
    chosen,
    toggle: (object: T) => {
      const next = new Map(chosen);
      if (!next.delete(object.id)) next.set(object.id, object);
      setChosen(next);
    },
    set: (objects: readonly T[]) => setChosen(new Map(objects.map((object) => [object.id, object]))),
  };
}
