// The form before an action that needs to know more.
import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { FieldInput } from '../components/FieldInput.tsx';
import { initialOf, isComplete, nameOf, type Action, type Field, type Values } from './action.ts';

const FIRST_FIELD = '#ask :is(input, select, textarea)';

interface Props {
  action: Action;
  fields: readonly Field[];
  object: { id: string; name_label?: string | undefined };
  onClose: (values: Values | undefined) => void;
}

export default function AskAction({ action, fields, object, onClose }: Props) {
  const { t } = useTranslation();
  const [values, setValues] = useState(() => initialOf(fields));
  const isReady = isComplete(fields, values);
  return (
    <Modal isOpen variant="small" aria-labelledby="ask-title" elementToFocus={FIRST_FIELD} onClose={() => onClose(undefined)}>
      <ModalHeader title={t(action.label)} labelId="ask-title" description={object.name_label === undefined ? undefined : nameOf(object)} />
      <ModalBody>
        <Form
          id="ask"
          onSubmit={(event) => {
            event.preventDefault();
            if (isReady) onClose(values);
          }}
        >
          {fields.map((field) => (
            <FieldInput key={field.name} field={field} value={values[field.name] ?? ''} onChange={(value) => setValues({ ...values, [field.name]: value })} />
          ))}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="ask" variant={action.danger ? 'danger' : 'primary'} isDisabled={!isReady}>
          {t(action.label)}
        </Button>
        <Button variant="link" onClick={() => onClose(undefined)}>
          {t('confirm.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
