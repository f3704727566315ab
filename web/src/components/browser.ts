// Which browser and system a `User-Agent` names, for people. Browsers name those that they are like too, so the order matters.

const BROWSERS = [
  ['Edge', /Edg(e|A|iOS)?\//],
  ['Opera', /OPR\//],
  ['Firefox', /(Firefox|FxiOS)\//],
  ['Chromium', /(HeadlessChrome|Chromium)\//],
  ['Chrome', /(Chrome|CriOS)\//],
  ['Safari', /Version\/.*Safari\//],
] as const;
const SYSTEMS = [
  ['Android', /Android/],
  ['iOS', /iPhone|iPad/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X/],
  ['ChromeOS', /CrOS/],
  ['Linux', /Linux|X11/],
] as const;

const found = <T extends string>(all: readonly (readonly [T, RegExp])[], text: string) => all.find(([, is]) => is.test(text))?.[0];

/** `undefined` for what is no text of a browser. */
export function browserOf(text: string): { browser: string; system: string } | undefined {
  const [browser, system] = [found(BROWSERS, text), found(SYSTEMS, text)];
  return text.startsWith('Mozilla/') && browser && system ? { browser, system } : undefined;
}
