// What came of earlier updates, with the reasons, and the releases that are not tried again unless somebody asks for them.
import { Button, Title } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { isRestarting, type Outcome, type Updates } from '../../api/updates.ts';
import { Alert } from '../../components/Alert.tsx';
import { PlainTable } from '../../components/PlainTable.tsx';
import { moment } from '../../components/units.ts';
import type { UpdateWork } from './useUpdateWork.ts';

export function UpdateHistory({ updates, work }: { updates: Updates; work: UpdateWork }) {
  const { t } = useTranslation();
  const { outcomes, refused, update, progress } = updates;
  const isIdle = !update && !progress && !isRestarting(updates);
  return (
    <>
      {refused.map((version) => {
        const wasLeft = isLeft(outcomes, version);
        return (
          <Alert key={version} isInline variant={wasLeft ? 'info' : 'warning'} title={t(wasLeft ? 'updates.left' : 'updates.refused', { version })}>
            <p>{t(wasLeft ? 'updates.leftHelp' : 'updates.refusedHelp')}</p>
            {isIdle && (
              <Button variant="link" isInline isDisabled={work.busy !== undefined} onClick={() => work.fetch({ version })}>
                {t('updates.again', { version })}
              </Button>
            )}
          </Alert>
        );
      })}
      {outcomes.length > 0 && (
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
      )}
    </>
  );
}

/** Nothing went wrong with it: somebody went back. */
export function isLeft(outcomes: readonly Outcome[], version: string): boolean {
  return outcomes.find((outcome) => outcome.version === version && outcome.end !== 'cancelled')?.end === 'rolledBack';
}

function End({ outcome: { end, reason, data } }: { outcome: Outcome }) {
  const { t } = useTranslation();
  return (
    <>
      {t(`updates.end.${end}`)}
      {reason !== undefined && <div className="xo-reason">{reason}</div>}
      {data !== undefined && <div className="xo-reason">{data}</div>}
    </>
  );
}
