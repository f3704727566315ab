// The command palette: go to a screen or to an object, or do something to the one on screen, by typing a part of its name.
import { Menu, MenuContent, MenuGroup, MenuItem, MenuList, ModalBody, SearchInput } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';

import { findByName } from '../api/find.ts';
import { Dialog } from '../components/Dialog.tsx';
import { pathOf } from './paths.ts';
import { Place } from './pools.tsx';
import { takeTyped } from './typedAhead.ts';
import { usePaletteEntries } from './usePaletteEntries.ts';

const FOUND = 8;
const BOX = 'palette-box';

export default function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const [text, setText] = useState('');
  const menu = useRef<HTMLDivElement>(null);
  const asked = useDeferredValue(text.trim());
  const objects = useQuery({ queryKey: ['palette', asked], enabled: asked !== '', queryFn: ({ signal }) => findByName(asked, FOUND, signal) });
  const groups = usePaletteEntries(text);
  const go = (path: string | undefined) => {
    onClose();
    if (path) navigate(path);
  };
  useEffect(() => () => void takeTyped(), []);
  const first = () => menu.current?.querySelector<HTMLElement>('[role=menuitem]');
  return (
    <Dialog variant="small" position="top" aria-label={t('palette.title')} elementToFocus={`#${BOX}`} onClose={onClose}>
      <ModalBody>
        <SearchInput
          searchInputId={BOX}
          aria-label={t('palette.title')}
          placeholder={t('palette.placeholder')}
          value={text}
          onChange={(_, value) => setText(value)}
          onFocus={() => {
            const typed = takeTyped();
            if (typed) setText(typed);
          }}
          resetButtonLabel={t('palette.clear')}
          onClear={() => setText('')}
          submitSearchButtonLabel={t('palette.first')}
          onSearch={() => first()?.click()}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') first()?.focus();
          }}
        />
        <Menu ref={menu} isPlain isScrollable>
          <MenuContent>
            {groups.map(({ label, entries }) => (
              <MenuGroup key={label} label={label}>
                <MenuList>
                  {entries.map(({ key, name, run }) => (
                    <MenuItem
                      key={key}
                      onClick={() => {
                        onClose();
                        run();
                      }}
                    >
                      {name}
                    </MenuItem>
                  ))}
                </MenuList>
              </MenuGroup>
            ))}
            {objects.data && objects.data.length > 0 && (
              <MenuGroup label={t('palette.objects')}>
                <MenuList>
                  {objects.data.map(([collection, object]) => (
                    <MenuItem key={object.id} description={<Place of={[collection, object]} />} onClick={() => go(pathOf(collection, object.id))}>
                      {object.name_label}
                    </MenuItem>
                  ))}
                </MenuList>
              </MenuGroup>
            )}
          </MenuContent>
        </Menu>
        {asked !== '' && groups.length === 0 && objects.data?.length === 0 && <p role="status">{t('palette.nothing')}</p>}
      </ModalBody>
    </Dialog>
  );
}
