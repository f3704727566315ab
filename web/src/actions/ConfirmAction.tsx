// The question before an action: what it will touch, and for what cannot be undone the name to type.
import { Button, Content, Form, FormGroup, List, ListItem, ModalBody, ModalFooter, ModalHeader, TextInput } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Collection, Collections } from '../api/types.ts';
import { useFullName } from '../app/pools.tsx';
import { Dialog } from '../components/Dialog.tsx';
import { nameOf, type Action } from './action.ts';
import { Losses } from './Losses.tsx';

const SHOWN = 10;

interface Props {
  action: Action;
  objects: readonly Collections[Collection][];
  skipped: number;
  onClose: (isConfirmed: boolean) => void;
}

export default function ConfirmAction({ action, objects, skipped, onClose }: Props) {
  const { t } = useTranslation();
  const fullName = useFullName();
  const [typed, setTyped] = useState('');
  const count = objects.length;
  const toType = action.confirm === 'type-name' ? (count === 1 ? (objects[0] ? nameOf(objects[0]) : '') : String(count)) : undefined;
  const isReady = count > 0 && (toType === undefined || typed === toType);
  return (
    <Dialog variant="small" aria-labelledby="confirm-title" onClose={() => onClose(false)} {...(toType !== undefined && { elementToFocus: '#confirm-name' })}>
      <ModalHeader title={t(action.label)} labelId="confirm-title" {...(action.danger && { titleIconVariant: 'warning' as const })} />
      <ModalBody>
        <Content component="p">{t('confirm.touches', { count })}</Content>
        <List>
          {objects.slice(0, SHOWN).map((object) => (
            <ListItem key={object.id}>{fullName(object)}</ListItem>
          ))}
          {count > SHOWN && <ListItem>{t('confirm.more', { count: count - SHOWN })}</ListItem>}
        </List>
        {action.takesDisks && <Losses ids={objects.map(({ id }) => id)} />}
        {skipped > 0 && <Content component="p">{t('ask.skipped', { count: skipped })}</Content>}
        {toType !== undefined && (
          <Form
            onSubmit={(event) => {
              event.preventDefault();
              if (isReady) onClose(true);
            }}
          >
            <FormGroup label={t('confirm.type', { text: toType })} fieldId="confirm-name">
              <TextInput id="confirm-name" value={typed} onChange={(_, value) => setTyped(value)} />
            </FormGroup>
          </Form>
        )}
      </ModalBody>
      <ModalFooter>
        <Button variant={action.danger ? 'danger' : 'primary'} isDisabled={!isReady} onClick={() => onClose(true)}>
          {t(action.label)}
        </Button>
        <Button variant="link" onClick={() => onClose(false)}>
          {t('confirm.cancel')}
        </Button>
      </ModalFooter>
    </Dialog>
  );
}
