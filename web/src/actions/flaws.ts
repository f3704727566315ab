// What is wrong with a value before it is sent, in the words of its field. The server holds the same limits (`server/engine/src/method`).
import type { TextKey } from '../i18n.ts';
import type { Field, Value, Values } from './action.ts';

/** A sentence of the catalogue, and what it is filled in with. */
export interface Flaw {
  key: TextKey;
  with?: Record<string, string | number>;
}

/** The longest name, in characters. */
export const NAME_LENGTH = 255;
export const MOST_CPUS = 512;
const GIB = 2 ** 30;
/** More than any host has. */
export const MOST_MEMORY = 65_536 * GIB;
export const MOST_DISK = 65_536 * GIB;
/** Xen's scheduler keeps weight and cap in 16 bits. */
export const XEN_SHORT = 65_535;

const MAC = /^[\da-f]{2}(:[\da-f]{2}){5}$/i;
const ADDRESS = /^[\da-f.:]+(\/\d{1,3})?$/i;
const words = (text: string) => text.split(/[\s,]+/).filter(Boolean);

/** The first thing that is wrong with a value. What is left empty is wrong only where something is required. */
export function flawOf(field: Field, value: Value): Flaw | undefined {
  if (value === '' || (field.kind === 'size' && value === 0)) return field.isRequired ? { key: 'flaw.missing' } : undefined;
  switch (field.kind) {
    case 'text':
      return flawOfText(field, String(value));
    case 'password':
      return [...String(value)].length < (field.least ?? 0) ? { key: 'setup.passwordHelp', with: { count: field.least ?? 0 } } : undefined;
    case 'number':
    case 'size':
      return flawOfNumber(field, Number(value));
    default:
      return undefined;
  }
}

function flawOfText({ isRequired, is, exactly }: Field, text: string): Flaw | undefined {
  if (exactly !== undefined && text !== exactly) return { key: 'confirm.type', with: { text: exactly } };
  if (isRequired && text.trim() === '') return { key: 'flaw.blank' };
  if (isRequired && [...text].length > NAME_LENGTH) return { key: 'flaw.long', with: { most: NAME_LENGTH } };
  if (is === 'mac' && !MAC.test(text.trim())) return { key: 'flaw.mac' };
  // An address of a device cannot be that of a group: its first byte would be odd.
  if (is === 'mac' && Number.parseInt(text.trim().slice(0, 2), 16) % 2 === 1) return { key: 'flaw.macGroup' };
  if (is === 'addresses' && !words(text).every((word) => ADDRESS.test(word))) return { key: 'flaw.addresses' };
  return undefined;
}

function flawOfNumber({ kind, least = 0, most }: Field, number: number): Flaw | undefined {
  if (Number.isNaN(number) || (kind === 'number' && !Number.isInteger(number))) return { key: 'flaw.whole' };
  const isOutside = number < least || (most !== undefined && number > most);
  if (kind === 'number') return !isOutside ? undefined : most === undefined ? { key: 'flaw.least', with: { least } } : { key: 'flaw.between', with: { least, most } };
  const inGib = (bytes: number) => Math.round((bytes / GIB) * 1000) / 1000;
  if (number <= 0) return { key: 'flaw.someSize' };
  if (number < least) return { key: 'flaw.leastSize', with: { least: inGib(least) } };
  return isOutside ? { key: 'flaw.mostSize', with: { most: inGib(most ?? 0) } } : undefined;
}

/** Whether a form may be sent. */
export function isSound(fields: readonly Field[], values: Values): boolean {
  return fields.every((field) => flawOf(field, values[field.name] ?? '') === undefined);
}
