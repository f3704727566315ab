// All texts come from the catalogues in `locales/`; their keys are checked when the client is compiled.
import i18next, { type ParseKeys } from 'i18next';
import { initReactI18next } from 'react-i18next';

import en from './locales/en.json';

export const LANGUAGES = { en: 'English', fr: 'Français' } as const;
export type Language = keyof typeof LANGUAGES;
/** The name of a text in the catalogues. */
export type TextKey = ParseKeys;

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

const KEPT = 'xo.language';

function chosen(): Language {
  const kept = localStorage.getItem(KEPT) ?? navigator.language.slice(0, 2);
  return kept === 'fr' ? 'fr' : 'en';
}

/** English is in the first load, since it stands in for what another catalogue lacks; others come when they are wanted. */
export async function startTexts(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en } },
    lng: 'en',
    fallbackLng: 'en',
    interpolation: { escapeValue: false },
  });
  await switchTo(chosen());
}

async function switchTo(language: Language) {
  if (language === 'fr') i18next.addResourceBundle('fr', 'translation', (await import('./locales/fr.json')).default);
  // Dates and units ask the page for its language while all is drawn again.
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(KEPT, language);
  await switchTo(language);
}
