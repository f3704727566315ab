// What is said below a field. What is wrong or doubtful is called so first, for those too who cannot see its colour; PatternFly says that last.
import { HelperTextItem } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

const SAID = { error: 'said.danger', warning: 'said.warning' } as const;

export function Note({ variant, children }: { variant: keyof typeof SAID | undefined; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <HelperTextItem variant={variant ?? 'default'} screenReaderText="">
      {variant && <span className="pf-v6-screen-reader">{t(SAID[variant])} </span>}
      {children}
    </HelperTextItem>
  );
}
