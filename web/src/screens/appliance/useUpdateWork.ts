// What somebody does on the page of updates, and what came of it.
//
// What was found, and what went wrong, are told no longer than they are true: another state of the appliance, or something that was done since, ends them.
import { useEffect, useEffectEvent, useState } from 'react';

import { Problem } from '../../api/problem.ts';
import { beginUpdate, cancelUpdate, checkUpdate, isRestarting, sendUpdate, trustClock, type Looked, type Source, type Updates } from '../../api/updates.ts';

/** What an answer to a look depends on. */
function standingOf({ version, outcomes, refused, settings: { channel, repository } }: Updates): string {
  return JSON.stringify([version, outcomes[0]?.at, refused, channel, repository]);
}

/** What ends a failure: another step of the update, whoever took it. */
function stepOf({ version, outcomes, update }: Updates): string {
  return JSON.stringify([version, outcomes[0]?.at, update?.version, update?.step.name]);
}

/** How a step ends that somebody did not want any more: no failure. */
const CANCELLED = 'cancelled';

interface Answer extends Looked {
  source: Source;
  standing: string;
}

/** A file on its way to the appliance. */
export interface Sending {
  file: File;
  beganMs: number;
  stop: () => void;
}

export type UpdateWork = ReturnType<typeof useUpdateWork>;

export function useUpdateWork(updates: Updates) {
  const { update, progress, ended, uploaded } = updates;
  const standing = standingOf(updates);
  const [last, setLast] = useState<Answer>();
  const [busy, setBusy] = useState<'check' | 'upload' | 'step'>();
  const [sending, setSending] = useState<Sending>();
  const [failure, setFailure] = useState<{ problem: Problem; source: Source }>();
  /** What ended in the background before the last thing that was done here. */
  const [past, setPast] = useState<Updates['ended']>(null);
  // What was downloaded here is prepared without being asked again.
  const [goesOn, setGoesOn] = useState(false);

  const step = stepOf(updates);
  const [seenStep, setSeenStep] = useState(step);
  if (step !== seenStep) {
    setSeenStep(step);
    // What is being done here tells its own.
    if (busy === undefined) setFailure(undefined);
  }

  const work = async (what: NonNullable<typeof busy>, source: Source, how: () => Promise<void>) => {
    setBusy(what);
    setFailure(undefined);
    setPast(ended);
    try {
      await how();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setFailure({ problem: error, source });
      setGoesOn(false);
    } finally {
      setBusy(undefined);
    }
  };
  const find = async (source: Source) => {
    setLast(undefined);
    const looked = await checkUpdate(source);
    setLast({ ...looked, source, standing });
  };
  const look = (source: Source) => void work('check', source, () => find(source));

  const isGone = last?.source.from !== undefined && last.found?.version !== uploaded;
  const isOld = last !== undefined && (isGone || last.standing !== standing);
  const isIdle = !update && !progress && !isRestarting(updates) && busy === undefined;
  const lookAgain = useEffectEvent(() => {
    const source = last?.source ?? {};
    if (isGone || (!source.from && updates.settings.repository === null)) setLast(undefined);
    else look(source);
  });
  useEffect(() => {
    if (!isOld || !isIdle) return;
    const timer = setTimeout(() => lookAgain());
    return () => clearTimeout(timer);
  }, [isOld, isIdle]);

  // Whoever leaves the page breaks it off.
  const isSending = sending !== undefined;
  useEffect(() => {
    if (!isSending) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [isSending]);

  const isFetched = update?.step.name === 'fetched' && progress === null;
  useEffect(() => {
    if (!isFetched || !goesOn) return;
    void beginUpdate('stage').catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      setFailure({ problem: error, source: {} });
      setGoesOn(false);
    });
  }, [isFetched, goesOn]);

  return {
    busy,
    goesOn,
    /** The answer to the last look; null for nothing newer. */
    looked: isOld ? undefined : last,
    failure,
    /** What went wrong in the background since. */
    ended: ended === past || ended?.error === CANCELLED || progress || isRestarting(updates) ? null : (ended?.error ?? null),
    look,
    sending,
    take: (file: File) => {
      const stopped = new AbortController();
      setSending({ file, beganMs: performance.now(), stop: () => stopped.abort() });
      void work('upload', { from: 'bundle' }, async () => {
        setLast(undefined);
        try {
          await sendUpdate(file, stopped.signal);
        } catch (error) {
          if (stopped.signal.aborted) return;
          throw error;
        } finally {
          setSending(undefined);
        }
        await find({ from: 'bundle' });
      });
    },
    /** Downloads, and prepares then. */
    fetch: (source: Source) => {
      setGoesOn(true);
      void work('step', source, () => beginUpdate('fetch', source));
    },
    trustClock: () => void work('step', {}, trustClock),
    stage: () => void work('step', {}, () => beginUpdate('stage')),
    cancel: () => {
      setGoesOn(false);
      void work('step', {}, cancelUpdate);
    },
  };
}
