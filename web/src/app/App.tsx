// Who sees what: nobody yet, the set-up; nobody signed in, the form, at any address; else the shell with the screen of the address.
import { Bullseye, EmptyState, EmptyStateBody } from '@patternfly/react-core';
import { QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useRoute } from 'wouter';

import { queries } from '../api/client.ts';
import { useIsExpired, useMe, useSetup } from '../api/session.ts';
import { Waiting } from '../components/Waiting.tsx';
import { SETUP_STEP } from './paths.ts';
import { Toasts } from './Toasts.tsx';

const loadShell = () => import('./Shell.tsx');
const Shell = lazy(loadShell);
/** What is shown first after the sign-in; loaded while somebody types a password. What fails is loaded again when it is wanted. */
const AHEAD = [loadShell, () => import('../screens/overview/OverviewScreen.tsx'), () => import('../screens/inventory/InventoryScreen.tsx')];
const SetupScreen = lazy(() => import('../screens/setup/SetupScreen.tsx'));
const SignInAgain = lazy(() => import('../screens/session/SignInAgain.tsx'));
const SignInScreen = lazy(() => import('../screens/session/SignInScreen.tsx'));

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <Suspense fallback={<Waiting />}>
        <Gate />
      </Suspense>
      <Toasts />
    </QueryClientProvider>
  );
}

function Gate() {
  const { t } = useTranslation();
  const me = useMe();
  const setup = useSetup();
  const isExpired = useIsExpired();
  const [isSetup] = useRoute(SETUP_STEP);
  useEffect(() => {
    if (me.data === null) for (const load of AHEAD) void load().catch(() => undefined);
  }, [me.data]);
  if (setup.data?.required) return <SetupScreen />;
  if (me.data && (setup.data ?? !isSetup)) {
    return (
      <>
        {isSetup ? <SetupScreen /> : <Shell me={me.data} />}
        <Suspense>{isExpired && <SignInAgain name={me.data.name} />}</Suspense>
      </>
    );
  }
  if (me.data === null && setup.data) return <SignInScreen />;
  if (me.error ?? setup.error) {
    return (
      <Bullseye>
        <EmptyState titleText={t('problem.unreachable')} headingLevel="h1" status="danger">
          <EmptyStateBody>{t('hint.0')}</EmptyStateBody>
        </EmptyState>
      </Bullseye>
    );
  }
  return <Waiting />;
}
