// Makes things one after the other: pools refuse a second copy of a template while the first one is being made.

// Whoever closes the page meanwhile is asked: the rest would not be made.
const ask = (event: Event) => event.preventDefault();

/** What `make` gave for each, up to the first that failed and without it; `make` tells a failure by `null`. */
export async function makeAll<T, Made>(all: readonly T[], make: (one: T) => Promise<Made | null>): Promise<Made[]> {
  const made: Made[] = [];
  addEventListener('beforeunload', ask);
  try {
    for (const one of all) {
      const result = await make(one);
      if (result === null) break;
      made.push(result);
    }
  } finally {
    removeEventListener('beforeunload', ask);
  }
  return made;
}
