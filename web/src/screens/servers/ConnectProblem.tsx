// Why a pool cannot be connected: in short, in the server's words, and what to do.
import { useTranslation } from 'react-i18next';

import type { Problem } from '../../api/problem.ts';
import { Alert } from '../../components/Alert.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';
import en from '../../locales/en.json';

export type ReasonCode = keyof typeof en.servers.reason;

/** The code when there are words for it, else the one that says nothing more. */
export const reasonOf = (code: string | undefined): ReasonCode => (code !== undefined && code in en.servers.reason ? (code as ReasonCode) : 'other');

/** The address of the master, where another host of its pool was asked. */
export const masterOf = (problem: Problem | undefined) => (problem?.code === 'HOST_IS_SLAVE' ? problem.data.params?.[0] : undefined);

export function ConnectProblem({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  return (
    <Alert isInline variant="danger" title={t(`servers.reason.${reasonOf(problem.code)}`)}>
      {problem.code === 'UNREACHABLE' ? (
        <>
          <p>{t('servers.unreachableHelp')}</p>
          <details>
            <summary>{t('servers.more')}</summary>
            {problem.message}
          </details>
        </>
      ) : (
        <ProblemText problem={problem} />
      )}
    </Alert>
  );
}
