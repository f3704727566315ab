// A button that says why it cannot be pressed, to who points at it or leads the focus there.
import { Button, Tooltip, type ButtonProps } from '@patternfly/react-core';
import type { ReactNode } from 'react';

export function MaybeButton({ whyNot, ...others }: Omit<ButtonProps, 'ref'> & { whyNot: ReactNode }) {
  if (whyNot === undefined) return <Button {...others} />;
  return (
    <Tooltip content={whyNot}>
      <Button {...others} isAriaDisabled />
    </Tooltip>
  );
}
