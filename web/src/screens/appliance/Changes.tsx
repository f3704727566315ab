// Buttons of what can be changed of the appliance, and the dialog of the one that was pressed.
import { Button } from '@patternfly/react-core';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { isErased, lookAtApplianceAgain, useApplianceSettings, watchRestart } from '../../api/appliance.ts';
import { send } from '../../api/http.ts';
import { changeNetwork } from '../../api/networkChange.ts';
import { FormModal } from '../../components/FormModal.tsx';
import { DIALOGS, wantedNetwork, type Away, type Dialog, type DialogId } from './dialogs.ts';
import './appliance.css';

/** The appliance goes away, and what tells when it is back. */
export interface Leaving {
  away: Away;
  isBack: () => Promise<boolean>;
}

interface Props {
  /** Which; without it, all. */
  only?: readonly DialogId[];
  onLeave?: (leaving: Leaving) => void;
  /** More buttons. */
  children?: ReactNode;
}

export function Changes({ only, onLeave, children }: Props) {
  const { t } = useTranslation();
  const settings = useApplianceSettings().data;
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
            if (dialog.id === 'network' && settings) return changeNetwork(dialog.call(values), wantedNetwork(values), settings.network.kept);
            const { away } = dialog;
            const isBack = away && (away === 'reset' ? isErased : await watchRestart());
            await send(dialog.call(values));
            // What it tells while it goes away is no fault.
            if (away && isBack) onLeave?.({ away, isBack });
            else await lookAtApplianceAgain();
          }}
        />
      )}
    </>
  );
}
