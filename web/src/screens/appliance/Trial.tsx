// A change of the network that goes back unless somebody keeps it, here or at the new address; and that it went back.
import { AlertActionCloseButton, AlertActionLink } from '@patternfly/react-core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { lookAtApplianceAgain, type ApplianceNetwork } from '../../api/appliance.ts';
import { post } from '../../api/http.ts';
import { forgetNetworkChange, useNetworkChange } from '../../api/networkChange.ts';
import { Problem } from '../../api/problem.ts';
import { Alert } from '../../components/Alert.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';

/** A dialog that closes gives the focus back first, and scrolls to it. */
const FOCUS_MS = 300;

export function Trial({ network }: { network: ApplianceNetwork }) {
  const change = useNetworkChange();
  const place = useRef<HTMLDivElement>(null);
  const isBack = change?.isBack;
  // Whoever pressed a button far below sees what came of it.
  useEffect(() => {
    if (isBack === undefined) return undefined;
    const timer = setTimeout(() => place.current?.scrollIntoView({ block: 'nearest' }), FOCUS_MS);
    return () => clearTimeout(timer);
  }, [isBack]);
  return (
    <div ref={place} className="xo-appliance-trial">
      <Told network={network} />
    </div>
  );
}

function Told({ network }: { network: ApplianceNetwork }) {
  const { t } = useTranslation();
  const change = useNetworkChange();
  const [problem, setProblem] = useState<Problem>();
  const isOut = change?.isBack === false;
  // What was last told is of before, while the appliance is not reached.
  const pending = isOut && !change.isReached ? undefined : network.pending;
  const left = useCountdown(pending ?? (isOut ? change : undefined), lookAtApplianceAgain);
  const wanted = isOut ? change.wanted : network.trial;
  if (change?.isBack) {
    return (
      <Alert isInline variant="warning" title={t('appliance.wentBack')} actionClose={<AlertActionCloseButton onClose={forgetNetworkChange} />}>
        {change.fault ?? t('appliance.wentBackHelp')}
      </Alert>
    );
  }
  if (!wanted) return null;
  const end = async (verb: 'confirm' | 'revert', number: number) => {
    try {
      await post(`/appliance/network/actions/${verb}`, { change: number });
      forgetNetworkChange();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    }
    await lookAtApplianceAgain();
  };
  return (
    <Alert
      isInline
      variant="warning"
      title={left > 0 || pending ? t('appliance.trial', { count: left }) : t('appliance.trialOver')}
      {...(pending && {
        actionLinks: (
          <>
            <AlertActionLink onClick={() => void end('confirm', pending.change)}>{t('appliance.keep')}</AlertActionLink>
            <AlertActionLink onClick={() => void end('revert', pending.change)}>{t('appliance.back')}</AlertActionLink>
          </>
        ),
      })}
    >
      {problem && <ProblemText problem={problem} />}
      <p>{t(pending ? 'appliance.trialHelp' : left > 0 ? 'appliance.trialAway' : 'appliance.trialOverHelp')}</p>
      {wanted.addresses.length > 0 ? (
        <ul>
          {wanted.addresses.map(bare).map((address) => (
            <li key={address}>
              <a href={`${location.protocol}//${address}${location.port && `:${location.port}`}${location.pathname}`}>{address}</a>
            </li>
          ))}
        </ul>
      ) : (
        <p>{t('appliance.trialDhcp')}</p>
      )}
    </Alert>
  );
}

/** An address as it stands in a URL: without the network's length. */
function bare(address: string): string {
  const [host = address] = address.split('/');
  return host.includes(':') ? `[${host}]` : host;
}

interface Limited {
  secondsLeft: number;
}

/** Counts down what was told, second by second; at its end asks how it is now. */
function useCountdown(limit: Limited | undefined, ended: () => Promise<void>): number {
  const [told, setTold] = useState(limit);
  const [left, setLeft] = useState(limit?.secondsLeft ?? 0);
  if (limit !== told) {
    setTold(limit);
    setLeft(limit?.secondsLeft ?? 0);
  }
  useEffect(() => {
    if (!limit) return undefined;
    const timer = setTimeout(() => {
      if (left > 0) setLeft(left - 1);
      else void ended();
    }, 1000);
    return () => clearTimeout(timer);
  });
  return left;
}
