// A release that is not taken by itself: it failed here, or somebody went back from it.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import type { Outcome } from '../../api/updates.ts';
import { Alert } from '../../components/Alert.tsx';

interface Props {
  version: string;
  /** The newest first. */
  outcomes: readonly Outcome[];
}

export function Refused({ version, outcomes, children }: Props & { children: ReactNode }) {
  const { t } = useTranslation();
  const isFault = wentWrong(outcomes, version);
  return (
    <Alert isInline variant={isFault ? 'warning' : 'info'} title={t(isFault ? 'updates.refused' : 'updates.left', { version })}>
      <Reason version={version} outcomes={outcomes} />
      <p>{t(isFault ? 'updates.refusedHelp' : 'updates.leftHelp')}</p>
      {children}
    </Alert>
  );
}

/** The same beside what is offered. */
export function WhyRefused({ version, outcomes }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <p>{t(wentWrong(outcomes, version) ? 'updates.refused' : 'updates.left', { version })}</p>
      <Reason version={version} outcomes={outcomes} />
    </>
  );
}

function Reason({ version, outcomes }: Props) {
  const { reason, data } = lastOf(outcomes, version) ?? {};
  return (
    <>
      {reason !== undefined && <p>{reason}</p>}
      {data !== undefined && <p>{data}</p>}
    </>
  );
}

/** What is cancelled tells nothing of the release. */
function lastOf(outcomes: readonly Outcome[], version: string): Outcome | undefined {
  return outcomes.find((outcome) => outcome.version === version && outcome.end !== 'cancelled');
}

/** Otherwise somebody went back from it. */
export function wentWrong(outcomes: readonly Outcome[], version: string): boolean {
  return lastOf(outcomes, version)?.end !== 'rolledBack';
}
