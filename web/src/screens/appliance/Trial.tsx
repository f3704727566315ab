// A change of the network that goes back unless somebody keeps it, here or at the new address.
import { AlertActionLink } from '@patternfly/react-core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useApplianceAgain, type ApplianceNetwork } from '../../api/appliance.ts';
import { post } from '../../api/http.ts';
import { Problem } from '../../api/problem.ts';
import { Alert } from '../../components/Alert.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';

export function Trial({ network }: { network: ApplianceNetwork }) {
  const { t } = useTranslation();
  const again = useApplianceAgain();
  const [problem, setProblem] = useState<Problem>();
  const { pending, trial } = network;
  const left = useCountdown(pending, again);
  if (!pending || !trial) return null;
  const end = async (verb: 'confirm' | 'revert') => {
    try {
      await post(`/appliance/network/actions/${verb}`, { change: pending.change });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    }
    await again();
  };
  return (
    <Alert
      isInline
      variant="warning"
      title={t('appliance.trial', { count: left })}
      actionLinks={
        <>
          <AlertActionLink onClick={() => void end('confirm')}>{t('appliance.keep')}</AlertActionLink>
          <AlertActionLink onClick={() => void end('revert')}>{t('appliance.back')}</AlertActionLink>
        </>
      }
    >
      {problem && <ProblemText problem={problem} />}
      <p>{t('appliance.trialHelp')}</p>
      {trial.addresses.length > 0 ? (
        <ul>
          {trial.addresses.map(bare).map((address) => (
            <li key={address}>
              <a href={`${location.protocol}//${address}${location.port && `:${location.port}`}${location.pathname}`}>{address}</a>
            </li>
          ))}
        </ul>
      ) : (
        <p>DHCP</p>
      )}
    </Alert>
  );
}

/** An address as it stands in a URL: without the network's length. */
function bare(address: string): string {
  const [host = address] = address.split('/');
  return host.includes(':') ? `[${host}]` : host;
}

/** Counts down what was told, second by second; at its end asks how it is now. */
function useCountdown(pending: ApplianceNetwork['pending'], ended: () => Promise<void>): number {
  const [told, setTold] = useState(pending);
  const [left, setLeft] = useState(pending?.secondsLeft ?? 0);
  if (pending !== told) {
    setTold(pending);
    setLeft(pending?.secondsLeft ?? 0);
  }
  useEffect(() => {
    if (!pending) return undefined;
    const timer = setTimeout(() => {
      if (left > 0) setLeft(left - 1);
      else void ended();
    }, 1000);
    return () => clearTimeout(timer);
  });
  return left;
}
