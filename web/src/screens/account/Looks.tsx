// How the client looks to this user, in this browser: theme, language, time zone.
import { FormGroup, FormSelect, FormSelectOption } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { THEMES, chooseTheme, useTheme, type Theme } from '../../app/theme.ts';
import { chooseTimeZone, OWN_TIME_ZONE, TIME_ZONES, useTimeZone } from '../../app/timeZone.ts';
import { chooseLanguage, LANGUAGES, type Language } from '../../i18n.ts';

export function Looks() {
  const { t, i18n } = useTranslation();
  const theme = useTheme();
  const zone = useTimeZone();
  return (
    <>
      <FormGroup label={t('user.theme')} fieldId="theme">
        <FormSelect id="theme" value={theme} onChange={(_, chosen) => chooseTheme(chosen as Theme)}>
          {THEMES.map((one) => (
            <FormSelectOption key={one} value={one} label={t(`theme.${one}`)} />
          ))}
        </FormSelect>
      </FormGroup>
      <FormGroup label={t('user.language')} fieldId="language">
        <FormSelect id="language" value={i18n.language} onChange={(_, chosen) => void chooseLanguage(chosen as Language)}>
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <FormSelectOption key={code} value={code} label={name} />
          ))}
        </FormSelect>
      </FormGroup>
      <FormGroup label={t('user.timeZone')} fieldId="time-zone">
        <FormSelect id="time-zone" value={zone ?? ''} onChange={(_, chosen) => chooseTimeZone(chosen || undefined)}>
          <FormSelectOption value="" label={t('user.ownTimeZone', { zone: OWN_TIME_ZONE })} />
          {TIME_ZONES.map((one) => (
            <FormSelectOption key={one} value={one} label={one.replaceAll('_', ' ')} />
          ))}
        </FormSelect>
      </FormGroup>
    </>
  );
}
