// What the filter box offers for the word that is typed.
import { Menu, MenuContent, MenuItem, MenuList } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Ref } from 'react';

import type { Collection } from '../../api/types.ts';
import { matching, valuesOf, type Word } from './completion.ts';
import { valuesQuery } from './values.ts';

interface Props {
  collection: Collection;
  properties: readonly string[];
  word: Word;
  onChoose: (chosen: string) => void;
  onLeave: () => void;
  ref: Ref<HTMLDivElement>;
}

export default function Completions({ collection, properties, word, onChoose, onLeave, ref }: Props) {
  const { t } = useTranslation();
  const { property } = word;
  const [top] = property?.split(':') ?? [];
  const { data } = useQuery({
    ...valuesQuery(collection, top ?? ''),
    enabled: top !== undefined && properties.some((one) => one.split(':')[0] === top),
  });
  const offered = matching(property === undefined ? properties : valuesOf(data ?? [], property), word.text);
  if (offered.length === 0) return null;
  return (
    <Menu
      ref={ref}
      className="xo-completions"
      aria-label={t('lists.completions')}
      onSelect={(_, chosen) => onChoose(String(chosen))}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onLeave();
      }}
    >
      <MenuContent>
        <MenuList>
          {offered.map((one) => (
            <MenuItem key={one} itemId={one}>
              {one}
            </MenuItem>
          ))}
        </MenuList>
      </MenuContent>
    </Menu>
  );
}
