// For those without a pool at hand: one that is simulated inside the server.
import { Button } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Problem } from '../../api/problem.ts';
import { startLab } from '../../api/setup.ts';
import { Refused, tryTo } from './Refused.tsx';

export function LabButton({ onDone }: { onDone?: () => void }) {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const start = async () => {
    setBusy(true);
    const refused = await tryTo(startLab);
    setBusy(false);
    setProblem(refused);
    if (!refused) onDone?.();
  };
  return (
    <>
      {problem && <Refused title={t('setup.labFailed')} problem={problem} />}
      <Button variant="secondary" isDisabled={isBusy} isLoading={isBusy} onClick={() => void start()}>
        {t('setup.lab')}
      </Button>
    </>
  );
}
