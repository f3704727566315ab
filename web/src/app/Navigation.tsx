// The screens of the route table that have a name.
import { Nav, NavItem, NavList } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';

import { useNamedScreens } from './routes.tsx';

export function Navigation() {
  const { t } = useTranslation();
  const [pathname] = useLocation();
  return (
    <Nav aria-label={t('shell.navigation')}>
      <NavList>
        {useNamedScreens().map(({ path, label }) => (
          <NavItem key={path} itemId={path} isActive={pathname === path || pathname.startsWith(`${path}/`)}>
            <Link to={path}>{t(label)}</Link>
          </NavItem>
        ))}
      </NavList>
    </Nav>
  );
}
