// Makes things one after the other: pools refuse a second copy of a template while the first one is being made.

/** What `make` gave for each, up to the first that failed and without it; `make` tells a failure by `null`. */
export async function makeAll<T, Made>(all: readonly T[], make: (one: T) => Promise<Made | null>): Promise<Made[]> {
  const made: Made[] = [];
  for (const one of all) {
    const result = await make(one);
    if (result === null) break;
    made.push(result);
  }
  return made;
}
