// The command palette: go to a screen or to an object by typing a part of its name.
import { Menu, MenuContent, MenuGroup, MenuItem, MenuList, Modal, ModalBody, SearchInput } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';

import { get } from '../api/http.ts';
import type { Collection, Named } from '../api/types.ts';
import { containing } from '../components/filterText.ts';
import { INVENTORIES } from '../screens/inventory/collections.tsx';
import { pathOf } from './paths.ts';
import { useNamedScreens } from './routes.tsx';
import { takeTyped } from './typedAhead.ts';

const FOUND = 8;
const BOX = 'palette-box';

async function find(text: string, signal: AbortSignal) {
  const searched = INVENTORIES.filter(({ collection }) => pathOf(collection, ''));
  const lists = searched.map(async ({ collection }) => {
    const query = { filter: containing('name_label', text), fields: 'id,name_label', sort: 'name_label', limit: FOUND };
    const found = await get<Named[]>(`/${collection}`, query, signal);
    return found.map((object): [Collection, Named] => [collection, object]);
  });
  return (await Promise.all(lists)).flat();
}

export default function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const [text, setText] = useState('');
  const menu = useRef<HTMLDivElement>(null);
  const asked = useDeferredValue(text.trim());
  const objects = useQuery({ queryKey: ['palette', asked], enabled: asked !== '', queryFn: ({ signal }) => find(asked, signal) });
  const screens = useNamedScreens()
    .map(({ path, label }) => ({ path, name: t(label) }))
    .filter(({ name }) => name.toLowerCase().includes(text.trim().toLowerCase()));
  const go = (path: string | undefined) => {
    onClose();
    if (path) navigate(path);
  };
  useEffect(() => () => void takeTyped(), []);
  const first = () => menu.current?.querySelector<HTMLElement>('[role=menuitem]');
  return (
    <Modal isOpen variant="small" position="top" aria-label={t('palette.title')} elementToFocus={`#${BOX}`} onClose={onClose}>
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
          onClear={() => setText('')}
          onSearch={() => first()?.click()}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') first()?.focus();
          }}
        />
        <Menu ref={menu} isPlain isScrollable onSelect={(_, path) => go(String(path))}>
          <MenuContent>
            {screens.length > 0 && (
              <MenuGroup label={t('palette.screens')}>
                <MenuList>
                  {screens.map(({ path, name }) => (
                    <MenuItem key={path} itemId={path}>
                      {name}
                    </MenuItem>
                  ))}
                </MenuList>
              </MenuGroup>
            )}
            {objects.data && objects.data.length > 0 && (
              <MenuGroup label={t('palette.objects')}>
                <MenuList>
                  {objects.data.map(([collection, object]) => (
                    <MenuItem key={object.id} itemId={pathOf(collection, object.id)}>
                      {object.name_label}
                    </MenuItem>
                  ))}
                </MenuList>
              </MenuGroup>
            )}
          </MenuContent>
        </Menu>
      </ModalBody>
    </Modal>
  );
}
