// Cards of facts, side by side.
import { Card, CardBody, CardTitle, DescriptionList, DescriptionListDescription, DescriptionListGroup, DescriptionListTerm, Gallery } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import type { TextKey } from '../i18n.ts';

export type Fact = readonly [TextKey, ReactNode];
export type FactCard = readonly [TextKey, readonly Fact[]];

export function Facts({ cards }: { cards: readonly FactCard[] }) {
  const { t } = useTranslation();
  return (
    // One alone has all the width.
    <Gallery hasGutter minWidths={{ default: cards.length === 1 ? '100%' : '18rem' }}>
      {cards.map(([title, facts]) => (
        <Card key={title} isCompact>
          <CardTitle component="h2">{t(title)}</CardTitle>
          <CardBody>
            <DescriptionList isHorizontal isCompact>
              {facts.map(([label, value]) => (
                <DescriptionListGroup key={label}>
                  <DescriptionListTerm>{t(label)}</DescriptionListTerm>
                  <DescriptionListDescription>{value === '' || value === false || value === undefined || value === null ? '–' : value}</DescriptionListDescription>
                </DescriptionListGroup>
              ))}
            </DescriptionList>
          </CardBody>
        </Card>
      ))}
    </Gallery>
  );
}
