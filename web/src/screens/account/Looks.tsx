// How the client looks to this user, in this browser: theme and language.
import { FormGroup, FormSelect, FormSelectOption } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { THEMES, chooseTheme, useTheme, type Theme } from '../../app/theme.ts';
import { chooseLanguage, LANGUAGES, type Language } from '../../i18n.ts';

export function Looks() {
  const { t, i18n } = useTranslation();
  const theme = useTheme();
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
    </>
  );
}
