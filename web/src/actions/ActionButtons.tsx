// The actions on one object: the main ones that its state allows as buttons, all of them in a menu.
import { Button, Flex, FlexItem } from '@patternfly/react-core';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import { useMay } from '../api/permissions.ts';
import type { Collection, Collections } from '../api/types.ts';
import { allows, neededFor } from './action.ts';
import { ActionMenu } from './ActionMenu.tsx';
import { actionsOf } from './index.ts';
import { useAction } from './useAction.tsx';

interface Props<C extends Collection> {
  collection: C;
  object: Collections[C];
  /** Ids of actions. */
  main: readonly string[];
}

export function ActionButtons<C extends Collection>({ collection, object, main }: Props<C>) {
  const { t } = useTranslation();
  const run = useAction();
  const may = useMay([object.id]);
  const buttons = actionsOf(collection).filter((action) => main.includes(action.id) && allows(action, object) && may?.(object.id, neededFor(action)));
  const group = useKeptFocus(buttons.map(({ id }) => id).join());
  return (
    <Flex ref={group} spaceItems={{ default: 'spaceItemsSm' }}>
      {buttons.map((action) => (
        <FlexItem key={action.id}>
          <Button variant={action.danger ? 'danger' : 'secondary'} onClick={() => run(action, [object])}>
            {t(action.label)}
          </Button>
        </FlexItem>
      ))}
      <FlexItem>
        <ActionMenu collection={collection} objects={[object]} />
      </FlexItem>
    </Flex>
  );
}

/** A button that had the focus and is gone with the state leaves it to the last one, the menu, which is always there. */
function useKeptFocus(buttons: string) {
  const group = useRef<HTMLDivElement>(null);
  const hadFocus = useRef(false);
  useEffect(() => {
    const note = () => {
      hadFocus.current = group.current?.contains(document.activeElement) === true;
    };
    document.addEventListener('focusin', note);
    return () => document.removeEventListener('focusin', note);
  }, []);
  useEffect(() => {
    if (hadFocus.current && document.activeElement === document.body) [...(group.current?.querySelectorAll('button') ?? [])].at(-1)?.focus();
  }, [buttons]);
  return group;
}
