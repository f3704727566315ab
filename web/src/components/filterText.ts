// Text of the filter language, made here and not typed by the user (`server/model/src/filter`).

/** A word that may hold anything. */
export function quotedWord(text: string): string {
  return /^[\w.$-]+$/.test(text) && Number.isNaN(Number(text)) ? text : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Objects whose property has this text in it, or this id. */
export function containing(property: string, text: string): string {
  return `${property}:${quotedWord(text)}`;
}

/** No object: none is without an identifier. An empty text would be a part of every one. */
export const NOTHING = '!id?';

/** Objects with one of these ids in a property. */
export function oneOf(property: string, ids: readonly string[]): string {
  return `${property}:|(${ids.map(quotedWord).join(' ')})`;
}
