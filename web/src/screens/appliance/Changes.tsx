// Buttons of what can be changed of the appliance, and the dialog of the one that was pressed.
import { Button } from '@patternfly/react-core';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { useApplianceAgain, useApplianceSettings } from '../../api/appliance.ts';
import { send } from '../../api/http.ts';
import { FormModal } from '../../components/FormModal.tsx';
import { DIALOGS, type Dialog, type DialogId } from './dialogs.ts';
import './appliance.css';

interface Props {
  /** Which; without it, all. */
  only?: readonly DialogId[];
  /** More buttons. */
  children?: ReactNode;
}

export function Changes({ only, children }: Props) {
  const { t } = useTranslation();
  const settings = useApplianceSettings().data;
  const again = useApplianceAgain();
  const [dialog, setDialog] = useState<Dialog>();
  return (
    <>
      <div className="xo-appliance-bar">
        {DIALOGS.filter(({ id }) => only?.includes(id) ?? true).map((one) => (
          <Button key={one.id} variant={one.isDanger ? 'danger' : 'secondary'} isDisabled={!settings} onClick={() => setDialog(one)}>
            {t(one.label)}
          </Button>
        ))}
        {children}
      </div>
      {dialog && (
        <FormModal
          title={t(dialog.label)}
          {...(dialog.text && { text: t(dialog.text) })}
          fields={dialog.fields(settings)}
          button={t(dialog.label)}
          isDanger={dialog.isDanger === true}
          onClose={() => setDialog(undefined)}
          send={async (values) => {
            await send(dialog.call(values));
            await again();
          }}
        />
      )}
    </>
  );
}
