// The route table: every screen, once. What stands here is in the navigation and in the palette; what is not built is not here.
import { lazy, type ComponentType } from 'react';

import { useIsAdmin } from '../api/permissions.ts';
import { useSetup } from '../api/session.ts';
import type { TextKey } from '../i18n.ts';
import { INVENTORIES } from '../screens/inventory/collections.tsx';
import { useMakerPools } from './pools.tsx';

export interface Screen {
  path: string;
  Page: ComponentType;
  /** In the navigation under this name. */
  label?: TextKey;
  /** For administrators only: others are told so, and the server refuses what it shows. */
  isForAdmins?: boolean;
  /** Named where the server runs in an appliance only. */
  isForAppliances?: boolean;
  /** Named for those only who may make VMs in some pool. */
  isForMakers?: boolean;
}

const UsersScreen = lazy(() => import('../screens/users/UsersScreen.tsx'));
const ApplianceScreen = lazy(() => import('../screens/appliance/ApplianceScreen.tsx'));
const InventoryScreen = lazy(() => import('../screens/inventory/InventoryScreen.tsx'));

export const SCREENS: readonly Screen[] = [
  { path: '/overview', label: 'overview.title', Page: lazy(() => import('../screens/overview/OverviewScreen.tsx')) },
  ...INVENTORIES.map(({ collection, label }) => ({
    path: `/${collection}`,
    label,
    Page: () => <InventoryScreen key={collection} collection={collection} />,
  })),
  { path: '/create-vm', label: 'create.title', isForMakers: true, Page: lazy(() => import('../screens/create/CreateVmScreen.tsx')) },
  { path: '/tasks', label: 'tasks.title', Page: lazy(() => import('../screens/tasks/TasksScreen.tsx')) },
  { path: '/users', label: 'users.screen', isForAdmins: true, Page: UsersScreen },
  { path: '/users/groups', isForAdmins: true, Page: UsersScreen },
  { path: '/users/access', isForAdmins: true, Page: UsersScreen },
  { path: '/appliance', label: 'appliance.title', isForAdmins: true, isForAppliances: true, Page: ApplianceScreen },
  { path: '/appliance/updates', isForAdmins: true, Page: ApplianceScreen },
  { path: '/appliance/backups', isForAdmins: true, Page: ApplianceScreen },
  { path: '/account', label: 'account.title', Page: lazy(() => import('../screens/account/AccountScreen.tsx')) },
  { path: '/vms/:id/:tab?', Page: lazy(() => import('../screens/vm/VmPage.tsx')) },
  { path: '/hosts/:id/:tab?', Page: lazy(() => import('../screens/host/HostPage.tsx')) },
  { path: '/pools/:id/:tab?', Page: lazy(() => import('../screens/pool/PoolPage.tsx')) },
  { path: '/srs/:id/:tab?', Page: lazy(() => import('../screens/sr/SrPage.tsx')) },
  { path: '/networks/:id/:tab?', Page: lazy(() => import('../screens/network/NetworkPage.tsx')) },
  { path: '/servers', label: 'servers.title', isForAdmins: true, Page: lazy(() => import('../screens/servers/ServersScreen.tsx')) },
];

/** Those that this user is told of. */
export function useNamedScreens(): { path: string; label: TextKey }[] {
  const isAdmin = useIsAdmin();
  const isMaker = useMakerPools().pools.length > 0;
  const isAppliance = useSetup().data?.appliance === true;
  return SCREENS.flatMap(({ path, label, isForAdmins, isForAppliances, isForMakers }) =>
    label && (isAdmin || !isForAdmins) && (isAppliance || !isForAppliances) && (isMaker || isAdmin || !isForMakers) ? [{ path, label }] : [],
  );
}

/** Where somebody lands who asked for nothing. */
export const HOME = '/overview';

/** A window of its own, without the frame. */
export const CONSOLE_WINDOW = '/console/:collection/:id';
