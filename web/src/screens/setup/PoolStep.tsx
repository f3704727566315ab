// The first pool, or the lab. It may be left out; a server that has a pool needs it no more.
import { Button, Content, Spinner } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';
import { Redirect } from 'wouter';

import { useSetup } from '../../api/session.ts';
import { HOME } from '../../app/routes.tsx';
import { PoolForm } from '../servers/PoolForm.tsx';
import { POOL } from './kept.ts';
import { LabButton } from './LabButton.tsx';
import type { StepProps } from './steps.ts';

export function PoolStep({ onDone }: StepProps) {
  const { t } = useTranslation();
  const { data: setup, isFetchedAfterMount } = useSetup('always');
  if (!isFetchedAfterMount) return <Spinner aria-label={t('shell.loading')} />;
  if (setup?.lab !== 'available') return <Redirect replace to={HOME} />;
  return (
    <>
      <Content component="p">{t('setup.poolIntro')}</Content>
      <PoolForm onDone={onDone} keep={POOL}>
        <Button variant="link" onClick={onDone}>
          {t('setup.later')}
        </Button>
      </PoolForm>
      <div className="xo-part xo-setup-lab">
        <Content component="p">{t('setup.labHelp')}</Content>
        <div>
          <LabButton onDone={onDone} />
        </div>
      </div>
    </>
  );
}
