// What came of earlier updates, with the reasons, and the releases that are not tried again unless somebody asks for them.
import { Button, Title } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useTranslation } from 'react-i18next';

import { beginUpdate, isRestarting, type Updates } from '../../api/updates.ts';
import { toastProblem } from '../../app/toasts.ts';
import { Alert } from '../../components/Alert.tsx';
import { moment } from '../../components/units.ts';

export function UpdateHistory({ updates }: { updates: Updates }) {
  const { t } = useTranslation();
  const { outcomes, refused, update, progress } = updates;
  const isIdle = !update && !progress && !isRestarting(updates);
  const again = (version: string) => void beginUpdate('fetch', { version }).catch((error: unknown) => toastProblem(t('updates.failed'), error));
  return (
    <>
      {refused.map((version) => (
        <Alert key={version} isInline variant="warning" title={t('updates.refused', { version })}>
          <p>{t('updates.refusedHelp')}</p>
          {isIdle && (
            <Button variant="link" isInline onClick={() => again(version)}>
              {t('updates.again', { version })}
            </Button>
          )}
        </Alert>
      ))}
      {outcomes.length > 0 && (
        <>
          <Title headingLevel="h2">{t('updates.history')}</Title>
          <Table variant="compact" aria-label={t('updates.history')}>
            <Thead>
              <Tr>
                <Th>{t('updates.when')}</Th>
                <Th>{t('updates.from')}</Th>
                <Th>{t('updates.to')}</Th>
                <Th>{t('updates.outcome')}</Th>
              </Tr>
            </Thead>
            <Tbody>
              {outcomes.map(({ at, from, version, end, reason, data }) => (
                <Tr key={`${at} ${version}`}>
                  <Td dataLabel={t('updates.when')}>{moment(at)}</Td>
                  <Td dataLabel={t('updates.from')}>{from}</Td>
                  <Td dataLabel={t('updates.to')}>{version}</Td>
                  <Td dataLabel={t('updates.outcome')}>
                    {t(`updates.end.${end}`)}
                    {reason !== undefined && <div className="xo-reason">{reason}</div>}
                    {data !== undefined && <div className="xo-reason">{data}</div>}
                  </Td>
                </Tr>
              ))}
            </Tbody>
          </Table>
        </>
      )}
    </>
  );
}
