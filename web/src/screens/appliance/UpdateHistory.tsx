// What came of earlier updates, with the reasons.
import { Title } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import type { Outcome } from '../../api/updates.ts';
import { PlainTable } from '../../components/PlainTable.tsx';
import { moment } from '../../components/units.ts';

export function UpdateHistory({ outcomes }: { outcomes: readonly Outcome[] }) {
  const { t } = useTranslation();
  if (outcomes.length === 0) return null;
  return (
    <>
      <Title headingLevel="h2">{t('updates.history')}</Title>
      <PlainTable
        label={t('updates.history')}
        rows={outcomes.map((outcome) => ({ ...outcome, id: `${outcome.at} ${outcome.version}` }))}
        columns={[
          ['updates.when', ({ at }) => moment(at)],
          ['updates.from', (outcome) => (outcome.end === 'rolledBack' ? outcome.version : outcome.from)],
          ['updates.to', (outcome) => (outcome.end === 'rolledBack' ? outcome.from : outcome.version)],
          ['updates.outcome', (outcome) => <End outcome={outcome} />],
        ]}
      />
    </>
  );
}

function End({ outcome: { end, reason, data } }: { outcome: Outcome }) {
  const { t } = useTranslation();
  return (
    <>
      {t(end === 'cancelled' && reason !== undefined ? 'updates.end.refused' : `updates.end.${end}`)}
      {reason !== undefined && <div className="xo-reason">{reason}</div>}
      {data !== undefined && <div className="xo-reason">{data}</div>}
    </>
  );
}
