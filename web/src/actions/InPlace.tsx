// One action on one object, as a button where it belongs.
import { useTranslation } from 'react-i18next';

import { useMay } from '../api/permissions.ts';
import type { Collection, Collections } from '../api/types.ts';
import { MaybeButton } from '../components/MaybeButton.tsx';
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
  return (
    <MaybeButton size="sm" variant={variant} whyNot={whyNot && <WhyNot why={whyNot} />} onClick={() => run(action, [object])}>
      {t(action.label)}
    </MaybeButton>
  );
}
