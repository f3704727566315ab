// The frame around every screen: masthead, navigation with the tree, the state of the connection.
import {
  Banner,
  Button,
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadLogo,
  MastheadMain,
  MastheadToggle,
  Page,
  PageSidebar,
  PageSidebarBody,
  PageToggleButton,
  SkipToContent,
  Spinner,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from '@patternfly/react-core';
import BarsIcon from '@patternfly/react-icons/dist/esm/icons/bars-icon';
import SearchIcon from '@patternfly/react-icons/dist/esm/icons/search-icon';
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Redirect, Route, Switch, useRoute } from 'wouter';

import { ActionProvider } from '../actions/useAction.tsx';
import { tasks } from '../api/tasks.ts';
import type { User } from '../api/types.ts';
import { useConnection } from '../api/useConnection.ts';
import { Navigation } from './Navigation.tsx';
import { ForAdmins, NotFound } from './NotFound.tsx';
import { PoolsProvider } from './pools.tsx';
import { CONSOLE_WINDOW, HOME, SCREENS } from './routes.tsx';
import { RunningTasks } from './RunningTasks.tsx';
import { keepTyped } from './typedAhead.ts';
import { useTimeZone } from './timeZone.ts';
import { Tree } from './Tree.tsx';
import { useKeys, type Keys } from './useKeys.ts';
import { UserMenu } from './UserMenu.tsx';

const ConsoleWindow = lazy(() => import('../screens/console/ConsoleWindow.tsx'));
const LostPools = lazy(() => import('./LostPools.tsx'));
const Palette = lazy(() => import('./Palette.tsx'));
const TasksDrawer = lazy(() => import('../screens/tasks/TasksDrawer.tsx'));
const MAIN = 'main';

export default function Shell({ me }: { me: User }) {
  const { t } = useTranslation();
  const isAdmin = me.permission === 'admin';
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const openPalette = () => {
    keepTyped();
    setPaletteOpen(true);
  };
  const keys = useMemo<Keys>(() => ({ 'ctrl+k': () => (isPaletteOpen ? setPaletteOpen(false) : openPalette()) }), [isPaletteOpen]);
  useKeys(keys);
  const [areTasksOpen, setTasksOpen] = useState(false);
  const tasksButton = useRef<HTMLButtonElement>(null);
  const closeTasks = () => {
    setTasksOpen(false);
    tasksButton.current?.focus();
  };
  useEffect(() => tasks.start(), []);
  // Every date below is drawn again when another one is chosen.
  useTimeZone();

  const [isConsole] = useRoute(CONSOLE_WINDOW);
  if (isConsole) {
    return (
      <ActionProvider>
        <Suspense fallback={<Spinner aria-label={t('shell.loading')} />}>
          <Route path={CONSOLE_WINDOW}>
            <ConsoleWindow />
          </Route>
        </Suspense>
      </ActionProvider>
    );
  }

  const masthead = (
    <Masthead>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton aria-label={t('shell.navigation')} variant="plain">
            <BarsIcon />
          </PageToggleButton>
        </MastheadToggle>
        <MastheadBrand>
          <MastheadLogo component={(props) => <Link {...props} className="xo-brand" to="/" />}>XOA</MastheadLogo>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <Toolbar isStatic>
          <ToolbarContent>
            <ToolbarItem>
              <Button variant="tertiary" icon={<SearchIcon />} onClick={openPalette} title={t('palette.open')}>
                <span className="xo-wide">
                  {t('palette.short')} <kbd>Ctrl K</kbd>
                </span>
              </Button>
            </ToolbarItem>
            <ToolbarGroup align={{ default: 'alignEnd' }}>
              <ToolbarItem>
                <RunningTasks ref={tasksButton} isOpen={areTasksOpen} onToggle={() => setTasksOpen(!areTasksOpen)} />
              </ToolbarItem>
              <ToolbarItem>
                <UserMenu me={me} />
              </ToolbarItem>
            </ToolbarGroup>
          </ToolbarContent>
        </Toolbar>
      </MastheadContent>
    </Masthead>
  );
  const sidebar = (
    <PageSidebar>
      <PageSidebarBody className="xo-nav">
        <Navigation />
      </PageSidebarBody>
      <PageSidebarBody isFilled className="xo-below-nav">
        <Tree />
      </PageSidebarBody>
    </PageSidebar>
  );
  return (
    <PoolsProvider>
      <ActionProvider>
        <Page
          masthead={masthead}
          sidebar={sidebar}
          isManagedSidebar
          isContentFilled
          mainContainerId={MAIN}
          mainAriaLabel={t('shell.main')}
          // Always there, so that the screen beside it stays the same one.
          notificationDrawer={<Suspense>{areTasksOpen && <TasksDrawer onClose={closeTasks} />}</Suspense>}
          isNotificationDrawerExpanded={areTasksOpen}
          skipToContent={<SkipToContent href={`#${MAIN}`}>{t('shell.skip')}</SkipToContent>}
        >
          <Warnings />
          <Suspense fallback={<Spinner aria-label={t('shell.loading')} />}>
            <Switch>
              <Route path="/">
                <Redirect replace to={HOME} />
              </Route>
              {SCREENS.map(({ path, isForAdmins, Page: Screen }) => (
                <Route key={path} path={path}>
                  {isForAdmins && !isAdmin ? <ForAdmins /> : <Screen />}
                </Route>
              ))}
              <Route>
                <NotFound />
              </Route>
            </Switch>
          </Suspense>
        </Page>
        {isPaletteOpen && (
          <Suspense>
            <Palette onClose={() => setPaletteOpen(false)} />
          </Suspense>
        )}
      </ActionProvider>
    </PoolsProvider>
  );
}

/** What is shown may be old, and says so. */
function Warnings() {
  const { t } = useTranslation();
  if (useConnection() !== 'lost') return <Suspense><LostPools /></Suspense>;
  return (
    <Banner status="warning" isSticky screenReaderText={t('shell.warning')}>
      <span role="status">{t('shell.lost')}</span>
    </Banner>
  );
}
