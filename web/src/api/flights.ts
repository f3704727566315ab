// Answers that are on their way while events come: such an answer may be older than an event that was heard before it, and must not
// undo it.
import type { Change } from './live.ts';

interface Flight {
  topic: string;
  heard: Map<string, Change>;
}

const flights = new Set<Flight>();

/** Asks, and lays over the answer what was heard of the topic meanwhile: the last change of each object, by id. */
export async function ask<T>(topic: string, request: () => Promise<T>, lay: (answer: T, heard: ReadonlyMap<string, Change>) => T): Promise<T> {
  const flight: Flight = { topic, heard: new Map() };
  flights.add(flight);
  try {
    const answer = await request();
    return flight.heard.size > 0 ? lay(answer, flight.heard) : answer;
  } finally {
    flights.delete(flight);
  }
}

/** Tells those who wait for an answer on the topic. */
export function hear(topic: string, changes: readonly Change[]) {
  for (const flight of flights) {
    if (flight.topic === topic) for (const change of changes) flight.heard.set(change.object.id, change);
  }
}
