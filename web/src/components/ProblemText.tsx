// A problem for a reader: what the server said, and what to do next if we know.
import { useTranslation } from 'react-i18next';

import type { Problem } from '../api/problem.ts';
import en from '../locales/en.json';

type Hint = keyof typeof en.hint;

export function ProblemText({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  const hint = problem.hints.find((name): name is Hint => name in en.hint);
  return (
    <>
      <p>{problem.status === 0 ? t('problem.unreachable') : problem.message}</p>
      {hint && <p>{t(`hint.${hint}`, { seconds: problem.retryAfter ?? 0 })}</p>}
    </>
  );
}
