// PatternFly's dialog, whose button to close it is named in the user's language.
import { Button, Modal, type ModalProps } from '@patternfly/react-core';
import TimesIcon from '@patternfly/react-icons/dist/esm/icons/times-icon';
import { useTranslation } from 'react-i18next';

interface Props extends Omit<ModalProps, 'ref' | 'isOpen' | 'onClose'> {
  onClose: () => void;
}

export function Dialog({ onClose, children, ...others }: Props) {
  const { t } = useTranslation();
  return (
    <Modal isOpen onEscapePress={onClose} {...others}>
      <div className="pf-v6-c-modal-box__close">
        <Button variant="plain" aria-label={t('form.close')} icon={<TimesIcon />} onClick={onClose} />
      </div>
      {children}
    </Modal>
  );
}
