// Asks before the appliance restarts into another system: what that means, and what it would interrupt just now.
import type { ComponentProps } from 'react';
import { useTranslation } from 'react-i18next';

import { switchSystem, useInterruptions } from '../../api/updates.ts';
import { FormModal } from '../../components/FormModal.tsx';

type Props = Omit<ComponentProps<typeof FormModal>, 'send' | 'warning' | 'children'> & { verb: 'apply' | 'rollback' };

export function RestartModal({ verb, ...others }: Props) {
  const { t } = useTranslation();
  const interrupts = useInterruptions().data?.interrupts ?? [];
  // Whoever was told of it wants it.
  const force = interrupts.length > 0;
  return (
    <FormModal {...others} {...(verb === 'apply' && { working: t('updates.backsUp') })} {...(force && { warning: t('updates.interrupts', { what: interrupts.join(', ') }) })} send={() => switchSystem(verb, force)}>
      <p>{t('updates.away')}</p>
    </FormModal>
  );
}
