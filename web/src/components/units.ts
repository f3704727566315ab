// Numbers and times for people. Times are in the time zone that the user chose (`app/timeZone.ts`).
import { timeZone } from '../app/timeZone.ts';

export const GIB = 2 ** 30;
const PREFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'] as const;

/** As the language has it: `GiB`, `Gio`. */
export function unitOf(prefix: (typeof PREFIXES)[number]): string {
  return prefix + (document.documentElement.lang === 'fr' ? 'o' : 'B');
}

export function bytes(count: number | undefined): string {
  if (count === undefined || !Number.isFinite(count)) return '–';
  let unit = 0;
  let value = count;
  while (value >= 1024 && unit < PREFIXES.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toLocaleString(locale(), { maximumFractionDigits: value < 10 ? 1 : 0 })} ${unitOf(PREFIXES[unit] ?? '')}`;
}

/** A time of a pool, in seconds. */
export function time(seconds: number | null | undefined): string {
  return seconds ? moment(seconds * 1000) : '–';
}

/** For programs: a time of a pool, in seconds, as ISO 8601 has it. */
export function isoTime(seconds: number | null | undefined): string {
  return seconds ? new Date(seconds * 1000).toISOString() : '';
}

/** A date with its time, in milliseconds: no reader takes the month for the day. In another time zone than the user's if one is given. */
export function moment(ms: number, zone?: string): string {
  const options = zone === undefined ? {} : { timeZone: zone };
  return `${date(ms, options)} ${clock(ms, { hour: '2-digit', minute: '2-digit', ...options })}`;
}

/** Only the date. */
export function date(ms: number, options: Intl.DateTimeFormatOptions = {}): string {
  return new Date(ms).toLocaleDateString(dateLocale(), inZone({ day: 'numeric', month: 'short', year: 'numeric', ...options }));
}

/** Only the time of the day. */
export function clock(ms: number, options: Intl.DateTimeFormatOptions = {}): string {
  return new Date(ms).toLocaleTimeString(dateLocale(), inZone(options));
}

/** Only the day, without the year. */
export function day(ms: number): string {
  return new Date(ms).toLocaleDateString(dateLocale(), inZone({ day: 'numeric', month: 'short' }));
}

/** For names: the same in every language, and in order. */
export function stamp(ms: number): string {
  return new Date(ms).toLocaleString('sv-SE', inZone({ dateStyle: 'short', timeStyle: 'short' }));
}

function inZone(options: Intl.DateTimeFormatOptions = {}): Intl.DateTimeFormatOptions {
  const zone = timeZone();
  return zone ? { timeZone: zone, ...options } : options;
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

/** How long something takes or lasts, in its greatest unit: "3 days". */
export function duration(seconds: number): string {
  const [unit, step] = STEPS.find(([, ms]) => seconds * 1000 >= ms) ?? (['second', 1000] as const);
  return Math.floor((seconds * 1000) / step).toLocaleString(locale() ?? document.documentElement.lang, { style: 'unit', unit, unitDisplay: 'long' });
}

/** The chosen language, in the browser's variety of it if it has one. */
export function locale(): string | undefined {
  const language = document.documentElement.lang;
  return navigator.language.startsWith(language) ? undefined : language;
}

/** Dates in English are told in one way: the day, the month by its name, and hours up to 24. */
function dateLocale(): string | undefined {
  return document.documentElement.lang === 'fr' ? locale() : 'en-GB';
}
