// Why a pool cannot be connected: in short, in the server's words, and what to do.
import { AlertActionLink } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import type { Problem } from '../../api/problem.ts';
import { Alert } from '../../components/Alert.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';
import en from '../../locales/en.json';

export type ReasonCode = keyof typeof en.servers.reason;

/** The code when there are words for it, else the one that says nothing more. */
export const reasonOf = (code: string | undefined): ReasonCode => (code !== undefined && code in en.servers.reason ? (code as ReasonCode) : 'other');

interface Props {
  problem: Problem;
  /** Takes this address in place of the one that was given. */
  onTake: (host: string) => void;
}

export function ConnectProblem({ problem, onTake }: Props) {
  const { t } = useTranslation();
  const master = problem.code === 'HOST_IS_SLAVE' ? problem.data.params?.[0] : undefined;
  const take = master && <AlertActionLink onClick={() => onTake(master)}>{t('servers.takeMaster', { master })}</AlertActionLink>;
  return (
    <Alert isInline variant="danger" title={t(`servers.reason.${reasonOf(problem.code)}`)} actionLinks={take}>
      <ProblemText problem={problem} />
    </Alert>
  );
}
