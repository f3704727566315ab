// The actions on some objects, as a menu: those that the state of none allows are greyed; each can be copied as a command.
import { Divider, Dropdown, DropdownItem, DropdownList, MenuToggle, type MenuToggleElement } from '@patternfly/react-core';
import EllipsisIcon from '@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon';
import { lazy, Suspense, useEffect, useId, useState, type Ref } from 'react';
import { useTranslation } from 'react-i18next';

import type { Collection, Collections } from '../api/types.ts';
import type { Action } from './action.ts';
import { actionsOf } from './index.ts';
import { useAction } from './useAction.tsx';

const CopyCommands = lazy(() => import('./CopyCommands.tsx'));

interface Props<C extends Collection> {
  collection: C;
  objects: readonly Collections[C][];
  /** Shown on the button; without it, three dots. */
  label?: string;
  /** Of what these are the actions, for who cannot see where the button stands. */
  name?: string | undefined;
  /** What belongs to the object, whose actions are in the same menu. */
  also?: { collection: Collection; object: Collections[Collection] } | undefined;
}

export function ActionMenu<C extends Collection>({ collection, objects, label, name = objects[0]?.name_label, also }: Props<C>) {
  const { t } = useTranslation();
  const run = useAction();
  const [isOpen, setOpen] = useState(false);
  // Lists have one of these in each row: all but the button is made when that is pressed first. The button is then another one, which is
  // pressed in its stead, after the event that pressed the first has gone its way: to the menu, that was a click beside it.
  const [wasPressed, setPressed] = useState(false);
  const id = useId();
  useEffect(() => {
    if (!wasPressed) return;
    const timer = setTimeout(() => {
      const button = document.getElementById(id);
      button?.focus();
      button?.click();
    });
    return () => clearTimeout(timer);
  }, [wasPressed, id]);
  const [isCopying, setCopying] = useState(false);
  const actions = actionsOf(collection).filter((action) => !action.isInPlace && (action.bulk || objects.length === 1));
  const allowed = (action: Action<C>) => objects.some(action.allows);
  const [first] = objects;
  const toggle = (ref?: Ref<MenuToggleElement>) => (
    <MenuToggle
      ref={ref}
      variant={label ? 'default' : 'plain'}
      isExpanded={isOpen}
      isDisabled={actions.length === 0 || objects.length === 0}
      id={id}
      onClick={() => (wasPressed ? setOpen(!isOpen) : setPressed(true))}
      {...(!label && { 'aria-label': name === undefined ? t('action.menu') : t('act.menuOf', { name }), icon: <EllipsisIcon /> })}
    >
      {label}
    </MenuToggle>
  );
  if (!wasPressed) return toggle();
  return (
    <>
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      shouldFocusFirstItemOnOpen
      // A dialog that follows gives the focus back to what had it.
      shouldFocusToggleOnSelect
      popperProps={{ position: 'right' }}
      toggle={toggle}
    >
      <DropdownList>
        {actions.map((action) => (
          <DropdownItem
            key={action.id}
            isDisabled={!allowed(action)}
            isDanger={action.danger === true}
            onClick={() => run(action, objects)}
          >
            {t(action.label)}
          </DropdownItem>
        ))}
      </DropdownList>
      {also && (
        <>
          <Divider />
          <DropdownList>
            {actionsOf(also.collection).map((action) => (
              <DropdownItem
                key={action.id}
                isDisabled={!action.allows(also.object)}
                isDanger={action.danger === true}
                onClick={() => run(action, [also.object])}
              >
                {t(action.label)}
              </DropdownItem>
            ))}
          </DropdownList>
        </>
      )}
      {first && objects.length === 1 && (
        <>
          <Divider />
          <DropdownList>
            <DropdownItem onClick={() => setCopying(true)}>{t('copy.menu')}</DropdownItem>
          </DropdownList>
        </>
      )}
    </Dropdown>
    {isCopying && first && <Suspense><CopyCommands actions={actions.filter(allowed) as Action[]} object={first} onClose={() => setCopying(false)} /></Suspense>}
    </>
  );
}
