// Stands where a page was whose server starts anew: the page begins anew, too, when that one answers.
import { Spinner } from '@patternfly/react-core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

import { Problem } from '../../api/problem.ts';
import { HOME } from '../../app/routes.tsx';
import { Alert } from '../../components/Alert.tsx';

const STEP_MS = 500;

interface Props {
  title: string;
  help: string;
  /** Tells whether the server that answers is the new one; an error is its absence. */
  isBack: () => Promise<boolean>;
  /** Where the page begins anew. */
  to?: string;
}

export function ServerRestarts({ title, help, isBack, to = HOME }: Props) {
  const { t } = useTranslation();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      try {
        if (await isBack()) return location.assign(to);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
      }
      timer = setTimeout(() => void look(), STEP_MS);
    };
    timer = setTimeout(() => void look(), STEP_MS);
    return () => clearTimeout(timer);
  }, [isBack, to]);
  return (
    <Alert isInline variant="info" customIcon={<Spinner isInline aria-label={t('shell.loading')} />} title={title}>
      {help}
    </Alert>
  );
}
