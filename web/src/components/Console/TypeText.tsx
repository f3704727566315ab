// A text that is typed into a console, key by key.
import { Button, Form, FormGroup, ModalBody, ModalFooter, ModalHeader, Progress, TextArea } from '@patternfly/react-core';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Dialog } from '../Dialog.tsx';

interface Props {
  type: (text: string, onTyped: (count: number) => void, signal: AbortSignal) => Promise<void>;
  onClose: () => void;
}

/** In full screen only what is within it is seen. */
const shown = () => (document.fullscreenElement instanceof HTMLElement ? document.fullscreenElement : document.body);

export function TypeText({ type, onClose }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [typed, setTyped] = useState<number>();
  const stop = useRef<AbortController>(undefined);
  const close = () => {
    stop.current?.abort();
    onClose();
  };
  const start = async () => {
    stop.current = new AbortController();
    setTyped(0);
    await type(text, setTyped, stop.current.signal);
    close();
  };
  return (
    <Dialog variant="small" aria-labelledby="type-title" onClose={close} appendTo={shown}>
      <ModalHeader title={t('console.type')} labelId="type-title" description={t('console.typeHelp')} />
      <ModalBody>
        <Form>
          <FormGroup label={t('console.text')} fieldId="console-text">
            <TextArea id="console-text" rows={6} value={text} resizeOrientation="vertical" onChange={(_, value) => setText(value)} />
          </FormGroup>
          {typed !== undefined && <Progress aria-label={t('console.type')} value={text ? (100 * typed) / text.length : 0} />}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button isDisabled={text === '' || typed !== undefined} onClick={() => void start()}>
          {t('console.typeButton')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('confirm.cancel')}
        </Button>
      </ModalFooter>
    </Dialog>
  );
}
