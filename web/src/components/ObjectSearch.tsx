// Any object, found by a part of its name; what it is and which pool it is in tell those of the same name apart.
import { Button, Flex, Menu, MenuContent, MenuItem, MenuList, SearchInput } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { findByName, type Found } from '../api/find.ts';
import { Place } from '../app/pools.tsx';

const MOST = 6;

interface Props {
  id: string;
  /** The id of the chosen object; empty while none is. */
  value: string;
  onChange: (id: string) => void;
}

export function ObjectSearch({ id, value, onChange }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<Found>();
  const asked = useDeferredValue(text.trim());
  const { data } = useQuery({ queryKey: ['find', asked], enabled: asked !== '' && value === '', queryFn: ({ signal }) => findByName(asked, MOST, signal) });
  if (value !== '' && chosen) {
    return (
      <Flex spaceItems={{ default: 'spaceItemsSm' }} alignItems={{ default: 'alignItemsCenter' }}>
        <span>
          <strong>{chosen[1].name_label}</strong> <Place of={chosen} />
        </span>
        <Button id={id} size="sm" variant="link" onClick={() => onChange('')}>
          {t('rights.other')}
        </Button>
      </Flex>
    );
  }
  return (
    <>
      <SearchInput searchInputId={id} aria-label={t('rights.search')} value={text} onChange={(_, typed) => setText(typed)} resetButtonLabel={t('palette.clear')} onClear={() => setText('')} />
      {data?.length === 0 && <p role="status">{t('rights.noneFound')}</p>}
      {data && data.length > 0 && (
        <Menu isScrollable aria-label={t('rights.search')}>
          <MenuContent maxMenuHeight="14rem">
            <MenuList>
              {data.map((found) => (
                <MenuItem
                  key={found[1].id}
                  itemId={found[1].id}
                  description={<Place of={found} />}
                  onClick={() => {
                    setChosen(found);
                    onChange(found[1].id);
                  }}
                >
                  {found[1].name_label}
                </MenuItem>
              ))}
            </MenuList>
          </MenuContent>
        </Menu>
      )}
    </>
  );
}
