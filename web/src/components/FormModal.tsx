// A dialog that asks for some fields, or for a yes, sends them, and stays with the reason when that fails.
import { Button, Form, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { type Field, initialOf, type Values } from '../actions/action.ts';
import { isSound } from '../actions/flaws.ts';
import { Problem } from '../api/problem.ts';
import { Alert } from './Alert.tsx';
import { Dialog } from './Dialog.tsx';
import { FieldInput } from './FieldInput.tsx';
import { ProblemText } from './ProblemText.tsx';
import { needOf } from './storage.ts';

const FIRST_FIELD = '#form :is(input, select, textarea)';

interface Props {
  title: string;
  text?: string;
  /** What must be known before. */
  warning?: string;
  fields?: readonly Field[];
  button: string;
  isDanger?: boolean;
  /** What is said while it goes on, where that takes long. */
  working?: string;
  /** What is said above the reason when it fails. */
  failed?: string;
  send: (values: Values) => Promise<void>;
  onClose: () => void;
  /** What is to be seen before. */
  children?: ReactNode;
}

export function FormModal({ title, text, warning, fields: all = [], button, isDanger = false, working, failed, send, onClose, children }: Props) {
  const { t } = useTranslation();
  const [values, setValues] = useState(() => initialOf(all));
  const fields = all.filter(({ isAsked }) => isAsked?.(values) ?? true);
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const canSend = isSound(fields, values) && !isSending;
  // What the server says of a field is said there.
  const refused = (name: string) => problem?.data.errors?.find(({ instancePath }) => instancePath === `/${name}`)?.message;
  const isAtField = fields.some(({ name }) => refused(name) !== undefined);
  const submit = async () => {
    setSending(true);
    setProblem(undefined);
    try {
      await send(values);
      onClose();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      setSending(false);
    }
  };
  return (
    <Dialog variant="small" aria-labelledby="form-title" onClose={onClose} {...(fields.length > 0 && { elementToFocus: FIRST_FIELD })}>
      <ModalHeader title={title} labelId="form-title" description={text} />
      <ModalBody>
        <Form
          id="form"
          onSubmit={(event) => {
            event.preventDefault();
            if (canSend) void submit();
          }}
        >
          {children}
          {isSending && working && <Alert isInline isPlain isLiveRegion variant="info" title={working} />}
          {warning && <Alert isInline isPlain variant="warning" title={warning} />}
          {problem && !isAtField && (
            <Alert isInline variant="danger" title={failed ?? t('form.failed')}>
              <ProblemText problem={problem} />
            </Alert>
          )}
          {fields.map((field) => (
            <FieldInput
              key={field.name}
              field={field}
              value={values[field.name] ?? ''}
              refused={refused(field.name)}
              need={field.need && needOf(field.need, values)}
              onChange={(value) => {
                setProblem(undefined);
                setValues({ ...values, [field.name]: value });
              }}
            />
          ))}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="form" variant={isDanger ? 'danger' : 'primary'} isDisabled={!canSend} isLoading={isSending}>
          {button}
        </Button>
        <Button variant="link" onClick={onClose}>
          {t('confirm.cancel')}
        </Button>
      </ModalFooter>
    </Dialog>
  );
}
