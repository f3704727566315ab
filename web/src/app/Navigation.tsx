// The screens of the route table that have a name.
import { Nav, NavItem, NavList, PageContext } from '@patternfly/react-core';
import { use, useEffect, useEffectEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';

import { useNamedScreens } from './routes.tsx';

export function Navigation() {
  const { t } = useTranslation();
  const [pathname] = useLocation();
  useMakeWay(pathname);
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

/** Where the sidebar lies over the page, it makes way for what was chosen in it, or in the tree below. */
function useMakeWay(pathname: string) {
  const { isMobile, isSidebarOpen, onSidebarToggle } = use(PageContext);
  const makeWay = useEffectEvent(() => {
    if (isMobile && isSidebarOpen) onSidebarToggle();
  });
  useEffect(() => makeWay(), [pathname]);
}
