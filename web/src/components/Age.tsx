// How old what is shown of a pool is; grows by itself.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { ago } from './units.ts';

const STEP_MS = 10_000;

/** `since` in milliseconds; `undefined` when the server has not heard of it yet. */
export function Age({ since }: { since: number | undefined }) {
  const { t, i18n } = useTranslation();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), STEP_MS);
    return () => clearInterval(timer);
  }, []);
  if (since === undefined) return <>{t('overview.never')}</>;
  return <>{t('overview.age', { ago: ago(since, Math.max(now, since), i18n.language) })}</>;
}
