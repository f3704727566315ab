// While no update is on its way: what can be installed, from the repository or from a file.
import { Button } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import type { Updates } from '../../api/updates.ts';
import { Alert } from '../../components/Alert.tsx';
import { FileButton } from '../../components/FileButton.tsx';
import { bytes, moment } from '../../components/units.ts';
import { Refused, WhyRefused } from './RefusedRelease.tsx';
import { UploadProgress } from './UpdateProgress.tsx';
import type { UpdateWork } from './useUpdateWork.ts';

export function UpdateSearch({ updates: { version, outcomes, refused, settings, uploaded }, work }: { updates: Updates; work: UpdateWork }) {
  const { t } = useTranslation();
  const { busy, looked, sending } = work;
  const { found, elsewhere, source } = looked ?? {};
  const last = outcomes[0];
  const isRefused = found && refused.includes(found.version);
  const throwAway = (
    <Button variant="link" isInline isDisabled={busy !== undefined} onClick={work.cancel}>
      {t('updates.throwAway')}
    </Button>
  );
  const isAlone = settings.repository === null;
  return (
    <>
      {!looked && last?.end === 'confirmed' && last.version === version && <Alert isInline isPlain variant="success" title={t('updates.installedWell', { version, when: moment(last.at) })} />}
      {found && (
        <Alert isInline isPlain variant={isRefused ? 'warning' : 'info'} title={t('updates.found', { version: found.version })}>
          <p>{t(source?.from ? 'updates.fromFile' : 'updates.atMost', { size: bytes(found.bytes) })}</p>
          {isRefused && <WhyRefused version={found.version} outcomes={outcomes} />}
          {elsewhere && <p>{t('updates.elsewhere', { version: elsewhere.version, channel: elsewhere.channels.join(', ') })}</p>}
          {source?.from && throwAway}
        </Alert>
      )}
      {uploaded && !source?.from && !sending && (
        <Alert isInline isPlain variant="info" title={t('updates.sent', { version: uploaded })}>
          <Button variant="link" isInline isDisabled={busy !== undefined} onClick={() => work.look({ from: 'bundle' })}>
            {t('updates.lookInto')}
          </Button>{' '}
          {throwAway}
        </Alert>
      )}
      {found === null && (
        <Alert isInline isPlain variant="success" title={t('updates.newest', { channel: settings.channel })}>
          {elsewhere && t('updates.elsewhere', { version: elsewhere.version, channel: elsewhere.channels.join(', ') })}
        </Alert>
      )}
      {refused
        .filter((version) => version !== found?.version)
        .map((version) => (
          <Refused key={version} version={version} outcomes={outcomes}>
            {!isAlone && (
              <Button variant="link" isInline isDisabled={busy !== undefined} onClick={() => work.fetch({ version })}>
                {t('updates.again', { version })}
              </Button>
            )}
          </Refused>
        ))}
      {isAlone && <Alert isInline isPlain variant="info" title={t('updates.noRepository')}>{t('updates.noRepositoryHelp')}</Alert>}
      <div className="xo-appliance-bar">
        {found && (
          <Button variant={isRefused ? 'warning' : 'primary'} isDisabled={busy !== undefined} onClick={() => work.fetch(source?.from ? source : { version: found.version })}>
            {t(isRefused ? 'updates.again' : source?.from ? 'updates.getFile' : 'updates.get', { version: found.version })}
          </Button>
        )}
        <Button variant={found ? 'secondary' : 'primary'} isLoading={busy === 'check'} isDisabled={busy !== undefined || isAlone} onClick={() => work.look({})}>
          {t('updates.look')}
        </Button>
        <FileButton label={t('updates.upload')} accept=".tar,.xoabundle,.bundle" isBusy={busy === 'upload'} isDisabled={busy !== undefined} onChoose={work.take} />
      </div>
      {sending && <UploadProgress sending={sending} />}
    </>
  );
}
