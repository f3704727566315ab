// What can be done to an object, as commands for a terminal.
import { ClipboardCopy, Form, FormGroup, ModalBody, ModalHeader } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import type { Call } from '../api/http.ts';
import type { Collection, Collections } from '../api/types.ts';
import { Dialog } from '../components/Dialog.tsx';
import { initialOf, type Action } from './action.ts';
import { asCurl, asXoCli } from './copyAs.ts';

interface Props<C extends Collection> {
  actions: readonly Action<C>[];
  object: Collections[C];
  onClose: () => void;
}

export default function CopyCommands<C extends Collection>({ actions, object, onClose }: Props<C>) {
  const { t } = useTranslation();
  const said = { hoverTip: t('copy.hint'), clickTip: t('copy.done') };
  return (
    <Dialog variant="large" aria-labelledby="copy-title" onClose={onClose}>
      <ModalHeader title={t('copy.title')} labelId="copy-title" description={t('copy.token')} />
      <ModalBody>
        <Form>
          {actions.map((action) => (
            <FormGroup key={action.id} label={t(action.label)} role="group">
              {both(action.call(object, initialOf(action.ask?.(object) ?? []))).map((text) => (
                <ClipboardCopy key={text} isReadOnly {...said} textAriaLabel={t(action.label)}>
                  {text}
                </ClipboardCopy>
              ))}
            </FormGroup>
          ))}
        </Form>
      </ModalBody>
    </Dialog>
  );
}

function both(call: Call): string[] {
  return [asXoCli(call), asCurl(call, location.origin)];
}
