// The session has ended while a page is open: signing in over it, so that it goes on where it was.
import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

import { leave } from '../../api/session.ts';
import { SignInForm } from './SignInForm.tsx';

export default function SignInAgain({ name }: { name: string }) {
  const { t } = useTranslation();
  useEffect(() => {
    // Not even a dialog below goes away by it.
    const keep = (event: KeyboardEvent) => {
      if (event.key === 'Escape') event.stopImmediatePropagation();
    };
    addEventListener('keydown', keep, true);
    return () => removeEventListener('keydown', keep, true);
  }, []);
  return (
    <Modal isOpen variant="small" aria-labelledby="again-title" aria-describedby="again-text" elementToFocus="#pf-login-password-id">
      <ModalHeader title={t('signIn.expired')} labelId="again-title" description={<span id="again-text">{t('signIn.expiredHelp')}</span>} />
      <ModalBody>
        <SignInForm name={name} />
      </ModalBody>
      <ModalFooter>
        <Button variant="link" onClick={leave}>
          {t('signIn.leave')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
