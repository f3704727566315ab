// In place of a first administrator: the backup of another machine, which this one becomes.
import { ActionGroup, Button, Content, ExpandableSection, Form, FormGroup, TextInput } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { isRestored, restoreAtSetup } from '../../api/backups.ts';
import type { Problem } from '../../api/problem.ts';
import { FileButton } from '../../components/FileButton.tsx';
import { ServerRestarts } from '../appliance/ServerRestarts.tsx';
import '../appliance/appliance.css';
import { Refused, tryTo } from './Refused.tsx';

export function RestoreInstead({ code }: { code: string }) {
  const { t } = useTranslation();
  const [file, setFile] = useState<File>();
  const [key, setKey] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [isRestoring, setRestoring] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const isReady = file !== undefined && code !== '' && key.trim() !== '' && !isBusy;
  if (isRestoring) return <ServerRestarts title={t('backups.restarts')} help={t('backups.restartsHelp')} isBack={isRestored} />;
  const restore = async (from: File) => {
    setBusy(true);
    const refused = await tryTo(() => restoreAtSetup(from, code, key.trim()));
    setBusy(false);
    setProblem(refused);
    setRestoring(!refused);
  };
  return (
    <ExpandableSection toggleText={t('setup.restore')}>
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (file && isReady) void restore(file);
        }}
      >
        <Content component="p">{t('setup.restoreHelp')}</Content>
        {problem && <Refused title={t('backups.notRestored')} problem={problem} help={t('setup.wrongCodeHelp')} />}
        <div className="xo-appliance-bar">
          <FileButton label={t('setup.chooseBackup')} accept=".xoabackup" onChoose={setFile} />
          {file && <span className="xo-appliance-file">{file.name}</span>}
        </div>
        <FormGroup label={t('backups.key')} fieldId="recovery-key">
          <TextInput id="recovery-key" autoComplete="off" spellCheck={false} value={key} onChange={(_, value) => setKey(value)} />
        </FormGroup>
        <ActionGroup>
          <Button type="submit" variant="secondary" isLoading={isBusy} isDisabled={!isReady}>
            {t('backups.restore')}
          </Button>
        </ActionGroup>
      </Form>
    </ExpandableSection>
  );
}
