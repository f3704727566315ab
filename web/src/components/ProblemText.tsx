// A problem for a reader: what happened, and what to do next if we know.
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';

import { useName } from '../api/names.ts';
import type { Problem } from '../api/problem.ts';
import en from '../locales/en.json';

const Refusal = lazy(() => import('./Refusal.tsx'));

type Hint = keyof typeof en.hint;

export function ProblemText({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  const { code, message, status } = problem;
  const hint = problem.hints.find((name): name is Hint => name in en.hint);
  const pool = useName('pools', status === 503 ? problem.data.objectId : undefined);
  const said = <p>{status === 0 ? t('problem.unreachable') : hint === 'exists' ? t('problem.taken') : pool !== undefined ? t('overview.poolLost', { name: pool }) : message}</p>;
  // A pool's own text begins with its code; this server has words of its own for the codes that it gives itself.
  if (code !== undefined && message.startsWith(code)) {
    return (
      <Suspense fallback={said}>
        <Refusal code={code} params={problem.data.params ?? []} message={message} />
      </Suspense>
    );
  }
  return (
    <>
      {said}
      {hint && <p>{t(`hint.${hint}`, { seconds: problem.retryAfter ?? 0 })}</p>}
    </>
  );
}
