// Numbers for people.

export const GIB = 2 ** 30;
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

export function bytes(count: number | undefined): string {
  if (count === undefined || !Number.isFinite(count)) return '–';
  let unit = 0;
  let value = count;
  while (value >= 1024 && unit < BINARY.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toLocaleString(undefined, { maximumFractionDigits: value < 10 ? 1 : 0 })} ${BINARY[unit] ?? ''}`;
}

/** A time of a pool, in seconds. */
export function time(seconds: number | null | undefined): string {
  return seconds ? new Date(seconds * 1000).toLocaleString() : '–';
}

const STEPS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** How long before `now` something was, both in milliseconds: "3 hours ago". */
export function ago(then: number, now: number, language: string): string {
  const [unit, step] = STEPS.find(([, ms]) => now - then >= ms) ?? (['second', 1000] as const);
  return new Intl.RelativeTimeFormat(language).format(-Math.floor((now - then) / step), unit);
}
