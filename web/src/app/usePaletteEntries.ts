// What the palette offers beside objects: what can be done to the object on screen, screens, and what can be done anywhere.
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';

import { allows, neededFor } from '../actions/action.ts';
import { actionsOf } from '../actions/index.ts';
import { useAction } from '../actions/useAction.tsx';
import { useIsAdmin, useMay } from '../api/permissions.ts';
import { signOut } from '../api/session.ts';
import { knownObject } from '../api/useObject.ts';
import { pageOf } from './paths.ts';
import { useNamedScreens } from './routes.tsx';
import { chooseTheme, THEMES } from './theme.ts';
import { toastProblem } from './toasts.ts';

export interface Entry {
  key: string;
  name: string;
  run: () => void;
}

export interface Group {
  label: string;
  entries: readonly Entry[];
}

/** Those whose name holds the text. */
export function usePaletteEntries(text: string): Group[] {
  const { t } = useTranslation();
  const [pathname, navigate] = useLocation();
  const isAdmin = useIsAdmin();
  const run = useAction();
  const page = pageOf(pathname);
  const object = page && knownObject(page.collection, page.id);
  const may = useMay(object ? [object.id] : []);
  const actions = page && object ? actionsOf(page.collection).filter((action) => !action.isInPlace && allows(action, object) && may?.(object.id, neededFor(action))) : [];
  const go = (path: string) => () => navigate(path);
  const groups: Group[] = [
    { label: t('act.menuOf', { name: object?.name_label }), entries: actions.map((action) => ({ key: action.id, name: t(action.label), run: () => object && run(action, [object]) })) },
    { label: t('palette.screens'), entries: useNamedScreens().map(({ path, label }) => ({ key: path, name: t(label), run: go(path) })) },
    {
      label: t('action.menu'),
      entries: [
        ...(isAdmin ? [{ key: 'pool', name: t('servers.add'), run: go('/servers?add') }] : []),
        ...THEMES.map((theme) => ({ key: theme, name: `${t('user.theme')} · ${t(`theme.${theme}`)}`, run: () => chooseTheme(theme) })),
        { key: 'out', name: t('user.signOut'), run: () => void signOut().catch((error: unknown) => toastProblem(t('user.signOut'), error)) },
      ],
    },
  ];
  const wanted = text.trim().toLowerCase();
  return matching(groups, wanted);
}

/** Where a name begins with what is typed, that is meant more often. */
function matching(groups: readonly Group[], wanted: string): Group[] {
  const begins = ({ name }: Entry) => name.toLowerCase().startsWith(wanted);
  const found = groups.map(({ label, entries }) => ({ label, entries: entries.filter(({ name }) => name.toLowerCase().includes(wanted)) }));
  return found.filter(({ entries }) => entries.length > 0).sort((a, b) => Number(b.entries.some(begins)) - Number(a.entries.some(begins)));
}
