// Stands where a page was whose server starts anew with what was restored: the page begins anew when that one answers.
import { Spinner } from '@patternfly/react-core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

import { Problem } from '../../api/problem.ts';
import { HOME } from '../../app/routes.tsx';
import { Alert } from '../../components/Alert.tsx';

const STEP_MS = 500;

/** `isBack` tells whether the server that answers is the new one; an error is its absence. */
export function ServerRestarts({ isBack }: { isBack: () => Promise<boolean> }) {
  const { t } = useTranslation();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      try {
        if (await isBack()) return location.assign(HOME);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
      }
      timer = setTimeout(() => void look(), STEP_MS);
    };
    timer = setTimeout(() => void look(), STEP_MS);
    return () => clearTimeout(timer);
  }, [isBack]);
  return (
    <Alert isInline variant="info" customIcon={<Spinner isInline aria-label={t('shell.loading')} />} title={t('backups.restarts')}>
      {t('backups.restartsHelp')}
    </Alert>
  );
}
