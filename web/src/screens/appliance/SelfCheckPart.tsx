// The self-check, when somebody asks for it: each thing that was tested, and what to do about those that do not work.
import { Button } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { selfCheck, type Health, type SelfCheck } from '../../api/appliance.ts';
import { Problem } from '../../api/problem.ts';
import { Alert } from '../../components/Alert.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';

const VARIANT = { ok: 'success', warning: 'warning', failed: 'danger' } as const satisfies Record<Health, string>;

export function SelfCheckPart() {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const [told, setTold] = useState<SelfCheck | Problem>();
  const run = async () => {
    setBusy(true);
    try {
      setTold(await selfCheck());
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setTold(error);
    }
    setBusy(false);
  };
  return (
    <div className="xo-part">
      <div>
        <Button variant="secondary" isLoading={isBusy} isDisabled={isBusy} onClick={() => void run()}>
          {t('appliance.check')}
        </Button>
      </div>
      {told instanceof Problem && (
        <Alert isInline variant="danger" title={t('form.failed')}>
          <ProblemText problem={told} />
        </Alert>
      )}
      {told && !(told instanceof Problem) && told.checks.map(({ name, state, text, action }) => (
        <Alert key={name} isInline isPlain variant={VARIANT[state]} title={`${name}: ${text}`}>
          {action}
        </Alert>
      ))}
    </div>
  );
}
