// The actions on one object: the main ones that its state allows as buttons, all of them in a menu.
import { Button, Flex, FlexItem } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import type { Collection, Collections } from '../api/types.ts';
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
  const buttons = actionsOf(collection).filter((action) => main.includes(action.id) && action.allows(object));
  return (
    <Flex spaceItems={{ default: 'spaceItemsSm' }}>
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
