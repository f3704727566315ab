// One action on one object, as a button where it belongs.
import { Button, Tooltip } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { useMay } from '../api/permissions.ts';
import type { Collection, Collections } from '../api/types.ts';
import { neededFor, type Action } from './action.ts';
import { useAction } from './useAction.tsx';
import { WhyNot } from './WhyNot.tsx';

interface Props<C extends Collection> {
  action: Action<C>;
  object: Collections[C];
  variant?: 'primary' | 'secondary' | 'link' | 'danger';
}

export function InPlace<C extends Collection>({ action, object, variant = 'secondary' }: Props<C>) {
  const { t } = useTranslation();
  const run = useAction();
  const may = useMay([object.id]);
  if (!may?.(object.id, neededFor(action))) return null;
  const whyNot = action.whyNot?.(object);
  const button = (
    <Button size="sm" variant={variant} isAriaDisabled={whyNot !== undefined} onClick={() => run(action, [object])}>
      {t(action.label)}
    </Button>
  );
  return whyNot === undefined ? button : <Tooltip content={<WhyNot why={whyNot} />}>{button}</Tooltip>;
}
