// The signed-in user's menu: theme, language, account, sign out.
import { Divider, Dropdown, DropdownGroup, DropdownItem, DropdownList, MenuToggle } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';

import { signOut } from '../api/session.ts';
import type { User } from '../api/types.ts';
import { chooseLanguage, type Language, LANGUAGES } from '../i18n.ts';
import { chooseTheme, THEMES, useTheme } from './theme.ts';
import { toastProblem } from './toasts.ts';

export function UserMenu({ me }: { me: User }) {
  const { t, i18n } = useTranslation();
  const [, navigate] = useLocation();
  const theme = useTheme();
  const [isOpen, setOpen] = useState(false);
  const languages = Object.entries(LANGUAGES) as [Language, string][];
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      shouldFocusFirstItemOnOpen
      popperProps={{ position: 'right' }}
      toggle={(ref) => (
        <MenuToggle ref={ref} isExpanded={isOpen} onClick={() => setOpen(!isOpen)} aria-label={t('user.menu', { name: me.name })}>
          {me.name}
        </MenuToggle>
      )}
    >
      <DropdownGroup label={t('user.theme')}>
        <DropdownList>
          {THEMES.map((one) => (
            <DropdownItem key={one} isSelected={one === theme} onClick={() => chooseTheme(one)}>
              {t(`theme.${one}`)}
            </DropdownItem>
          ))}
        </DropdownList>
      </DropdownGroup>
      <Divider />
      <DropdownGroup label={t('user.language')}>
        <DropdownList>
          {languages.map(([code, name]) => (
            <DropdownItem key={code} isSelected={code === i18n.language} lang={code} onClick={() => void chooseLanguage(code)}>
              {name}
            </DropdownItem>
          ))}
        </DropdownList>
      </DropdownGroup>
      <Divider />
      <DropdownList>
        <DropdownItem
          onClick={() => {
            setOpen(false);
            navigate('/account');
          }}
        >
          {t('account.title')}
        </DropdownItem>
        <DropdownItem onClick={() => void signOut().catch((error: unknown) => toastProblem(t('user.signOut'), error))}>{t('user.signOut')}</DropdownItem>
      </DropdownList>
    </Dropdown>
  );
}
