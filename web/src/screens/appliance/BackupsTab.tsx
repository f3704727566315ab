// Backups of this server and of the appliance's settings, and the key without which they are worth nothing.
import { Button, EmptyState, EmptyStateBody } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { isRestored, makeBackup, removeBackup, restoreBackup, uploadBackup, useBackups, type Backup } from '../../api/backups.ts';
import { addressOf } from '../../api/http.ts';
import { live } from '../../api/live.ts';
import { toastProblem } from '../../app/toasts.ts';
import { Alert } from '../../components/Alert.tsx';
import { FileButton } from '../../components/FileButton.tsx';
import { FormModal } from '../../components/FormModal.tsx';
import { PlainTable } from '../../components/PlainTable.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';
import { bytes, moment } from '../../components/units.ts';
import { RecoveryKey } from './RecoveryKey.tsx';
import { ServerRestarts } from './ServerRestarts.tsx';

type Asked = { what: 'restore' | 'remove'; backup: Backup };

export function BackupsTab() {
  const { t } = useTranslation();
  const { data: backups, error } = useBackups();
  const [busy, setBusy] = useState<'make' | 'upload'>();
  const [asked, setAsked] = useState<Asked>();
  const [isBack, setIsBack] = useState<() => Promise<boolean>>();
  if (isBack) return <ServerRestarts title={t('backups.restarts')} help={t('backups.restartsHelp')} isBack={isBack} />;
  const work = async (what: 'make' | 'upload', how: () => Promise<void>) => {
    setBusy(what);
    await how().catch((error: unknown) => toastProblem(t(what === 'make' ? 'backups.notMade' : 'backups.notTaken'), error));
    setBusy(undefined);
  };
  return (
    <div className="xo-part">
      <p>{t('backups.help')}</p>
      <div className="xo-appliance-bar">
        <Button isLoading={busy === 'make'} isDisabled={busy !== undefined} onClick={() => void work('make', makeBackup)}>
          {t('backups.make')}
        </Button>
        <FileButton label={t('backups.upload')} accept=".xoabackup" isBusy={busy === 'upload'} isDisabled={busy !== undefined} onChoose={(file) => void work('upload', () => uploadBackup(file))} />
      </div>
      <RecoveryKey />
      {error && (
        <Alert isInline variant="danger" title={t('table.failed')}>
          <ProblemText problem={error} />
        </Alert>
      )}
      {backups?.length === 0 && (
        <EmptyState titleText={t('backups.none')} headingLevel="h2" variant="sm">
          <EmptyStateBody>{t('backups.noneHelp')}</EmptyStateBody>
        </EmptyState>
      )}
      {backups && backups.length > 0 && <List backups={backups} onAsk={setAsked} />}
      {asked?.what === 'restore' && (
        <FormModal
          title={t('backups.restoreTitle', { when: moment(asked.backup.madeAt) })}
          text={t('backups.restoreHelp')}
          fields={[{ name: 'key', label: 'backups.key', kind: 'text', help: 'backups.keyHelp' }]}
          button={t('backups.restore')}
          isDanger
          failed={t('backups.notRestored')}
          send={async ({ key }) => {
            const hasEnded = live.watchEnd();
            await restoreBackup(asked.backup, String(key).trim());
            setIsBack(() => async () => hasEnded() && isRestored());
          }}
          onClose={() => setAsked(undefined)}
        />
      )}
      {asked?.what === 'remove' && (
        <FormModal
          title={t('backups.removeTitle', { when: moment(asked.backup.madeAt) })}
          button={t('backups.remove')}
          isDanger
          send={() => removeBackup(asked.backup)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </div>
  );
}

function List({ backups, onAsk }: { backups: Backup[]; onAsk: (asked: Asked) => void }) {
  const { t } = useTranslation();
  const why = ({ reason, before }: Backup) => (reason === 'update' && before !== null ? t('backups.beforeUpdate', { version: before }) : t(`backups.reason.${reason}`));
  return (
    <PlainTable
      label={t('backups.title')}
      rows={backups}
      columns={[
        ['backups.made', ({ madeAt }) => moment(madeAt)],
        ['backups.why', why],
        ['column.version', ({ version }) => version ?? '–'],
        ['backups.size', (backup) => bytes(backup.bytes)],
      ]}
      actions={(backup) => (
        <div className="xo-appliance-bar">
          <Button variant="link" isInline component="a" href={addressOf({ path: `/appliance/backups/${backup.id}/file` })}>
            {t('backups.download')}
          </Button>
          <Button variant="link" isInline onClick={() => onAsk({ what: 'restore', backup })}>
            {t('backups.restore')}
          </Button>
          <Button variant="link" isInline isDanger onClick={() => onAsk({ what: 'remove', backup })}>
            {t('backups.remove')}
          </Button>
        </div>
      )}
    />
  );
}
