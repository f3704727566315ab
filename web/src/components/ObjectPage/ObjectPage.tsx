// The one pattern of an object's page: header with state, name, facts and actions; tabs, each an address; activity.
import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  Flex,
  FlexItem,
  Label,
  PageSection,
  Spinner,
  Title,
} from '@patternfly/react-core';
import { lazy, Suspense, useMemo, type ComponentType, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Redirect, useParams } from 'wouter';

import { ActionButtons } from '../../actions/ActionButtons.tsx';
import { isOwnDeletion } from '../../actions/deleted.ts';
import { useIsAdmin } from '../../api/permissions.ts';
import type { Collection, Collections } from '../../api/types.ts';
import { useObject } from '../../api/useObject.ts';
import { Gone, NotFound } from '../../app/NotFound.tsx';
import { pathOf } from '../../app/paths.ts';
import { useTitle } from '../../app/useTitle.ts';
import type { TextKey } from '../../i18n.ts';
import { Alert } from '../Alert.tsx';
import { ProblemText } from '../ProblemText.tsx';
import { PageTabs } from '../PageTabs.tsx';
import { wordOf } from '../word.ts';
import { ActivityTab } from './ActivityTab.tsx';

const AccessOf = lazy(() => import('../Access/AccessOf.tsx'));

export interface PageTab<C extends Collection> {
  /** The last part of the address; the first tab's is left out. */
  path: string;
  label: TextKey;
  Content: ComponentType<{ object: Collections[C] }>;
}

export interface PageSpec<C extends Collection> {
  collection: C;
  state?: (object: Collections[C]) => ReactNode;
  facts: (object: Collections[C]) => readonly (readonly [TextKey, ReactNode])[];
  /** The actions that are buttons; all others are in the menu beside. */
  mainActions: readonly string[];
  tabs: readonly PageTab<C>[];
}

/** The tabs that every page has. */
function tabsOfAll<C extends Collection>(collection: C, isAdmin: boolean): PageTab<C>[] {
  const activity: PageTab<C> = { path: 'activity', label: 'tab.activity', Content: ({ object: { id } }) => <ActivityTab collection={collection} id={id} /> };
  const access: PageTab<C> = { path: 'access', label: 'rights.title', Content: ({ object }) => <AccessOf object={object} /> };
  return isAdmin ? [activity, access] : [activity];
}

export function ObjectPage<C extends Collection>({ spec }: { spec: PageSpec<C> }) {
  const { t } = useTranslation();
  const { id, tab: chosen } = useParams<{ id: string; tab?: string }>();
  const { data: object, error } = useObject(spec.collection, id);
  useTitle(object?.name_label);
  const isAdmin = useIsAdmin();
  // The same components for as long as it is the same page: what is open in a tab stays open when the object changes.
  const tabs = useMemo(() => [...spec.tabs, ...tabsOfAll(spec.collection, isAdmin)], [spec, isAdmin]);
  if (object === null && isOwnDeletion(spec.collection, id)) return <Redirect replace to={`/${spec.collection}`} />;
  if (object === null) return <Gone list={`/${spec.collection}`} />;
  if (error?.status === 404) return <NotFound />;
  if (error) {
    return (
      <PageSection>
        <Alert isInline variant="danger" title={t('table.failed')}>
          <ProblemText problem={error} />
        </Alert>
      </PageSection>
    );
  }
  if (!object) {
    return (
      <PageSection>
        <Spinner aria-label={t('shell.loading')} />
      </PageSection>
    );
  }
  const tab = chosen ? tabs.find(({ path }) => path === chosen) : tabs[0];
  if (!tab) return <NotFound />;
  const operations = Object.values(object.current_operations ?? {});
  return (
    <>
      <PageSection>
        <Flex>
          {spec.state && <FlexItem>{spec.state(object)}</FlexItem>}
          <FlexItem>
            <Title headingLevel="h1">{object.name_label}</Title>
          </FlexItem>
          {operations.map((name, i) => (
            <FlexItem key={i}>
              <Label isCompact color="blue" icon={<Spinner isInline aria-hidden />}>
                {wordOf('operation', name)}
              </Label>
            </FlexItem>
          ))}
          <FlexItem align={{ default: 'alignRight' }}>
            <ActionButtons collection={spec.collection} object={object} main={spec.mainActions} />
          </FlexItem>
        </Flex>
        <DescriptionList className="xo-facts" isHorizontal isCompact isFluid columnModifier={{ default: '1Col', md: '2Col', xl: '3Col' }}>
          {spec.facts(object).map(([label, value]) => (
            <DescriptionListGroup key={label}>
              <DescriptionListTerm>{t(label)}</DescriptionListTerm>
              <DescriptionListDescription>{value}</DescriptionListDescription>
            </DescriptionListGroup>
          ))}
        </DescriptionList>
      </PageSection>
      <PageTabs
        tabs={tabs}
        chosen={tab.path}
        addressOf={(path) => {
          const base = pathOf(spec.collection, id) ?? '';
          return path === tabs[0]?.path ? base : `${base}/${path}`;
        }}
      >
        <Suspense fallback={<Spinner aria-label={t('shell.loading')} />}>
          <tab.Content object={object} />
        </Suspense>
      </PageTabs>
    </>
  );
}
