// The tabs of a page, each an address, and the part that shows the chosen one. Where there is little room they are a list to choose from.
import { FormSelect, FormSelectOption, PageSection, Tab, Tabs, TabTitleText } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';

import { useIsNarrow } from '../app/useIsNarrow.ts';
import type { TextKey } from '../i18n.ts';

/** The element that holds the chosen tab. */
const PART = 'page-part';

interface Props {
  tabs: readonly { path: string; label: TextKey }[];
  /** The path of the chosen one. */
  chosen: string;
  /** Where a tab is, by its path. */
  addressOf?: (path: string) => string;
  children: ReactNode;
}

export function PageTabs({ tabs, chosen, addressOf = (path) => path, children }: Props) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const isNarrow = useIsNarrow();
  const here = tabs.find(({ path }) => path === chosen) ?? tabs[0];
  return (
    <>
      <PageSection type="tabs">
        {isNarrow ? (
          // A strip would show two at a time.
          <FormSelect className="xo-tabs" aria-label={t('tab.label')} value={chosen} onChange={(_, path) => navigate(addressOf(path))}>
            {tabs.map(({ path, label }) => (
              <FormSelectOption key={path} value={path} label={t(label)} />
            ))}
          </FormSelect>
        ) : (
          <Tabs
            usePageInsets
            activeKey={chosen}
            aria-label={t('tab.label')}
            onSelect={(event, key) => {
              event.preventDefault();
              navigate(addressOf(String(key)));
            }}
          >
            {tabs.map(({ path, label }) => (
              <Tab key={path} eventKey={path} tabContentId={PART} title={<TabTitleText>{t(label)}</TabTitleText>} />
            ))}
          </Tabs>
        )}
      </PageSection>
      <PageSection isFilled id={PART} role={isNarrow ? 'region' : 'tabpanel'} {...(here && { 'aria-label': t(here.label) })}>
        {children}
      </PageSection>
    </>
  );
}
