// The question before a connection is forgotten.
import { Button, Content, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { removeServer } from '../../api/servers.ts';
import type { Server } from '../../api/types.ts';
import { toastProblem } from '../../app/toasts.ts';
import { nameOf } from './nameOf.ts';

export function RemoveServer({ server, onClose }: { server: Server; onClose: () => void }) {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const name = nameOf(server);
  const go = async () => {
    setBusy(true);
    await removeServer(server).catch((error: unknown) => toastProblem(t('servers.notRemoved', { name }), error));
    onClose();
  };
  return (
    <Modal isOpen variant="small" aria-labelledby="remove-title" onClose={onClose}>
      <ModalHeader title={t('servers.removeTitle', { name })} labelId="remove-title" titleIconVariant="warning" />
      <ModalBody>
        <Content component="p">{t('servers.removeHelp')}</Content>
      </ModalBody>
      <ModalFooter>
        <Button variant="danger" isDisabled={isBusy} isLoading={isBusy} onClick={() => void go()}>
          {t('servers.remove')}
        </Button>
        <Button variant="link" onClick={onClose}>
          {t('confirm.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
