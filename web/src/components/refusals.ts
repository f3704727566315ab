// What a pool's codes mean, in words: what is the matter, and what to do next. The codes are XAPI's; `{1}` stands for the second of its
// parameters, `{0:bytes}` for a number of bytes, `{1:state}` for states of VMs. A code whose end tells a number is found without it.
import i18next from 'i18next';

import en from '../locales/refusals.en.json';
import fr from '../locales/refusals.fr.json';
import { bytes } from './units.ts';

type Catalogue = Record<string, string>;
const ENGLISH: Catalogue = en;
const CATALOGUES: Record<string, Catalogue> = { en, fr };

/** The sentence for a code. */
export function sayingOf(code: string, params: readonly string[], language: string): string {
  const texts = CATALOGUES[language] ?? ENGLISH;
  const text = texts[code] ?? texts[code.replace(/_\d+$/, '')] ?? texts['*'] ?? '';
  return text.replace(/\{(\d)(?::(bytes|state))?\}/g, (_: string, index: string, form: string | undefined) => said(params[Number(index)] ?? '?', form));
}

function said(param: string, form: string | undefined): string {
  if (form === 'bytes') return Number.isNaN(Number(param)) ? param : bytes(Number(param));
  if (form === 'state') return param.split(', ').map(stateName).join(', ');
  return param;
}

const STATES = ['Running', 'Halted', 'Paused', 'Suspended'] as const;

function stateName(text: string): string {
  const state = STATES.find((one) => one.toLowerCase() === text.toLowerCase());
  return state ? i18next.t(`state.${state}`) : text;
}
