// What can be done with a list as a whole: keep and open views, export it.
import { Button, Divider, Dropdown, DropdownGroup, DropdownItem, DropdownList, Form, FormGroup, MenuItemAction, MenuToggle, ModalBody, ModalFooter, ModalHeader, TextInput } from '@patternfly/react-core';
import SaveIcon from '@patternfly/react-icons/dist/esm/icons/save-icon';
import TrashIcon from '@patternfly/react-icons/dist/esm/icons/trash-icon';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useSearch } from 'wouter';

import { keepPreferences, lookAtMeAgain, useMe } from '../../api/session.ts';
import { toastProblem } from '../../app/toasts.ts';
import { Dialog } from '../Dialog.tsx';
import { type Exported, exportList } from './exported.ts';
import { keyOf, viewsIn } from './views.ts';

/** The filter is that with what is always applied. */
export default function TableMenu(list: Exported) {
  const { collection } = list;
  const { t } = useTranslation();
  const [path, navigate] = useLocation();
  const query = useSearch();
  const views = viewsIn(useMe().data?.preferences ?? {}, collection);
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState<string>();
  const save = (format: 'csv' | 'json') => {
    setOpen(false);
    exportList(list, format, t).catch((error: unknown) => toastProblem(t('lists.exportFailed'), error));
  };
  /** With `null` it is forgotten. */
  const keep = (name: string, query: string | null) => {
    setName(undefined);
    keepPreferences({ [keyOf(collection, name)]: query }).catch((error: unknown) => toastProblem(t('lists.notKept'), error));
  };
  const toggle = () => {
    setOpen(!isOpen);
    if (!isOpen) void lookAtMeAgain();
  };
  return (
    <>
      <Dropdown
        isOpen={isOpen}
        onOpenChange={setOpen}
        popperProps={{ position: 'right' }}
        toggle={(ref) => (
          <MenuToggle ref={ref} variant="plain" isExpanded={isOpen} onClick={toggle} aria-label={t('lists.menu')} icon={<SaveIcon />} />
        )}
      >
        {views.length > 0 && (
          <>
            <DropdownGroup label={t('lists.views')}>
              <DropdownList>
                {views.map((view) => (
                  <DropdownItem
                    key={view.name}
                    onClick={() => {
                      setOpen(false);
                      navigate(view.query ? `${path}?${view.query}` : path);
                    }}
                    actions={
                      <MenuItemAction icon={<TrashIcon />} aria-label={t('lists.drop', { name: view.name })} onClick={() => keep(view.name, null)} />
                    }
                  >
                    {view.name}
                  </DropdownItem>
                ))}
              </DropdownList>
            </DropdownGroup>
            <Divider />
          </>
        )}
        <DropdownList>
          <DropdownItem
            onClick={() => {
              setOpen(false);
              setName('');
            }}
          >
            {t('lists.keep')}
          </DropdownItem>
          <DropdownItem onClick={() => save('csv')}>{t('lists.csv')}</DropdownItem>
          <DropdownItem onClick={() => save('json')}>{t('lists.json')}</DropdownItem>
        </DropdownList>
      </Dropdown>
      {name !== undefined && (
        <Dialog variant="small" aria-labelledby="view-title" onClose={() => setName(undefined)}>
          <ModalHeader title={t('lists.keep')} labelId="view-title" description={t('lists.keepHelp')} />
          <ModalBody>
            <Form
              id="view"
              onSubmit={(event) => {
                event.preventDefault();
                if (name) keep(name, query);
              }}
            >
              <FormGroup label={t('column.name')} fieldId="view-name">
                <TextInput id="view-name" value={name} onChange={(_, value) => setName(value)} />
              </FormGroup>
            </Form>
          </ModalBody>
          <ModalFooter>
            <Button type="submit" form="view" isDisabled={name === ''}>
              {t('edit.save')}
            </Button>
            <Button variant="link" onClick={() => setName(undefined)}>
              {t('confirm.cancel')}
            </Button>
          </ModalFooter>
        </Dialog>
      )}
    </>
  );
}
