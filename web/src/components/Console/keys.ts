// Text as the keys that type it. A screen gets keys only, so that a text must be typed, slowly enough for what reads it.

const SHIFT = 0xffe1;
const SPECIAL: Record<string, number> = { '\n': 0xff0d, '\t': 0xff09 };
/** What needs Shift on the keyboard that consoles assume. */
const SHIFTED = /[A-Z~!@#$%^&*()_+{}|:"<>?]/;

export interface Stroke {
  keysym: number;
  isDown: boolean;
}

/** The key that means a character, as X11 numbers them. */
export function keysymOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  return SPECIAL[character] ?? (code < 0x100 ? code : 0x01000000 + code);
}

export function strokesOf(text: string): Stroke[][] {
  return [...text.replaceAll('\r\n', '\n')].map((character) => {
    const keysym = keysymOf(character);
    const press = [
      { keysym, isDown: true },
      { keysym, isDown: false },
    ];
    return SHIFTED.test(character) ? [{ keysym: SHIFT, isDown: true }, ...press, { keysym: SHIFT, isDown: false }] : press;
  });
}
