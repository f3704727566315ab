// What users, groups and rights have in common: a button that makes one, then the list, or why there is none.
import { Button, EmptyState, Spinner } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import type { Problem } from '../../api/problem.ts';
import { Alert } from '../../components/Alert.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';

interface Props {
  create: string;
  onCreate: () => void;
  error: Problem | null;
  /** `undefined` while it is not known. */
  count: number | undefined;
  children: ReactNode;
}

export function Listing({ create, onCreate, error, count, children }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <div className="xo-tools">
        <Button onClick={onCreate}>{create}</Button>
      </div>
      {error && (
        <Alert isInline variant="danger" title={t('table.failed')}>
          <ProblemText problem={error} />
        </Alert>
      )}
      {count === undefined && !error && <Spinner aria-label={t('shell.loading')} />}
      {count === 0 && <EmptyState titleText={t('table.empty')} headingLevel="h2" />}
      {count !== undefined && count > 0 && children}
    </>
  );
}
