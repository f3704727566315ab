// Settings: the pools that this server is connected to, and how each connection stands.
import { Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter, Label, MenuToggle, ModalBody, ModalHeader, PageSection, Spinner, Title } from '@patternfly/react-core';
import EllipsisIcon from '@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon';
import { ActionsColumn } from '@patternfly/react-table';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'wouter';

import { enableServer, removeServer } from '../../api/servers.ts';
import type { Server } from '../../api/types.ts';
import { serverName, useServers } from '../../api/useServers.ts';
import { toastProblem } from '../../app/toasts.ts';
import { useTitle } from '../../app/useTitle.ts';
import { Alert } from '../../components/Alert.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FormModal } from '../../components/FormModal.tsx';
import { PlainTable } from '../../components/PlainTable.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';
import { locale, time } from '../../components/units.ts';
import { LabButton } from '../setup/LabButton.tsx';
import { AcceptCertificate } from './AcceptCertificate.tsx';
import { reasonOf } from './ConnectProblem.tsx';
import { PoolForm } from './PoolForm.tsx';

/** Administrators see at least its address. */
const nameIn =
  (servers: readonly Server[] = []) =>
  (server: Server) =>
    serverName(server, servers) ?? server.host;

type Asked = { what: 'add' } | { what: 'edit' | 'accept' | 'remove' | 'disable'; server: Server };

export default function ServersScreen() {
  const { t } = useTranslation();
  // Others are told by the server that they may not see them.
  const { data: servers, error } = useServers();
  const nameOf = nameIn(servers);
  const [params, setParams] = useSearchParams();
  const [asked, setAsked] = useState<Asked>();
  // From elsewhere it is asked for by the address.
  if (params.has('add') && !asked) setAsked({ what: 'add' });
  useTitle(t('servers.title'));

  const close = () => {
    if (params.has('add')) setParams({}, { replace: true });
    setAsked(undefined);
  };
  const add = <Button onClick={() => setAsked({ what: 'add' })}>{t('servers.add')}</Button>;
  return (
    <PageSection isFilled>
      <div className="xo-heading">
        <Title headingLevel="h1">{t('servers.title')}</Title>
        {servers && servers.length > 0 && add}
      </div>
      {error && (
        <Alert isInline variant="danger" title={t('table.failed')}>
          <ProblemText problem={error} />
        </Alert>
      )}
      {!servers && !error && <Spinner aria-label={t('shell.loading')} />}
      {servers?.length === 0 && (
        <EmptyState titleText={t('servers.none')} headingLevel="h2">
          <EmptyStateBody>{t('servers.noneHelp')}</EmptyStateBody>
          <EmptyStateFooter>
            <EmptyStateActions>
              {add}
              <LabButton />
            </EmptyStateActions>
          </EmptyStateFooter>
        </EmptyState>
      )}
      {servers && servers.length > 0 && <List servers={servers} onAsk={setAsked} />}
      {(asked?.what === 'add' || asked?.what === 'edit') && (
        <Dialog variant="medium" aria-labelledby="pool-title" onClose={close}>
          <ModalHeader title={asked.what === 'add' ? t('servers.add') : t('servers.editTitle', { name: nameOf(asked.server) })} labelId="pool-title" />
          <ModalBody>
            <PoolForm onDone={close} {...(asked.what === 'edit' && { server: asked.server })}>
              <Button variant="link" onClick={close}>
                {t('confirm.cancel')}
              </Button>
            </PoolForm>
          </ModalBody>
        </Dialog>
      )}
      {asked?.what === 'accept' && <AcceptCertificate server={asked.server} name={nameOf(asked.server)} onClose={close} />}
      {asked?.what === 'remove' && (
        <FormModal
          title={t('servers.removeTitle', { name: nameOf(asked.server) })}
          text={t('servers.removeHelp')}
          button={t('servers.remove')}
          isDanger
          failed={t('servers.notRemoved', { name: nameOf(asked.server) })}
          send={() => removeServer(asked.server)}
          onClose={close}
        />
      )}
      {asked?.what === 'disable' && (
        <FormModal
          title={t('servers.disableTitle', { name: nameOf(asked.server) })}
          text={t('servers.disableHelp')}
          button={t('servers.disable')}
          failed={t('servers.notDisabled', { name: nameOf(asked.server) })}
          send={() => enableServer(asked.server, false)}
          onClose={close}
        />
      )}
    </PageSection>
  );
}

function List({ servers, onAsk }: { servers: Server[]; onAsk: (asked: Asked) => void }) {
  const { t } = useTranslation();
  const nameOf = nameIn(servers);
  const ms = (at: number | null | undefined) => time(at ? at / 1000 : undefined);
  return (
    <div className="xo-scroll">
      <PlainTable
        label={t('servers.title')}
        rows={servers}
        columns={[
          ['column.pool', (server) => (server.poolId && server.enabled && server.lastEvent !== undefined ? <Link to={`/pools/${server.poolId}`}>{nameOf(server)}</Link> : nameOf(server)), 'xo-name'],
          ['column.state', (server) => <State server={server} onAsk={onAsk} />],
          ['servers.since', ({ since }) => ms(since)],
          ['column.address', ({ host }) => host],
          ['servers.lastEvent', ({ lastEvent }) => ms(lastEvent)],
          ['servers.latency', ({ latency }) => (latency === undefined ? '–' : `${latency.toLocaleString(locale(), { maximumFractionDigits: 1 })} ms`)],
          ['servers.fingerprint', ({ fingerprint }) => (fingerprint ? <code title={fingerprint}>{short(fingerprint)}</code> : '–')],
        ]}
        menu={(server) => <Menu server={server} name={nameOf(server)} onAsk={onAsk} />}
      />
    </div>
  );
}

const COLOURS = { connected: 'green', connecting: 'blue', disconnected: 'red', disabled: 'grey' } as const;

function State({ server, onAsk }: { server: Server; onAsk: (asked: Asked) => void }) {
  const { t } = useTranslation();
  const state = server.enabled ? server.status : 'disabled';
  return (
    <>
      <Label color={COLOURS[state]} isCompact>
        {t(`servers.state.${state}`)}
      </Label>
      {server.enabled && server.error && (
        <div className="xo-reason">
          {t(`servers.reason.${reasonOf(server.error.code)}`)}
          {/* It can be of any length: read by who wants it. */}
          <details>
            <summary>{t('servers.more')}</summary>
            {server.error.message}
          </details>
          {server.error.presented !== undefined && (
            <Button size="sm" variant="secondary" onClick={() => onAsk({ what: 'accept', server })}>
              {t('servers.judge')}
            </Button>
          )}
        </div>
      )}
    </>
  );
}

function Menu({ server, name, onAsk }: { server: Server; name: string; onAsk: (asked: Asked) => void }) {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const enable = async () => {
    setBusy(true);
    await enableServer(server, true).catch((error: unknown) => toastProblem(t('servers.notEnabled', { name }), error));
    setBusy(false);
  };
  return (
    <ActionsColumn
      isDisabled={isBusy}
      actionsToggle={({ onToggle, isOpen, isDisabled, toggleRef }) => (
        <MenuToggle ref={toggleRef} variant="plain" aria-label={t('act.menuOf', { name })} icon={<EllipsisIcon />} isExpanded={isOpen} isDisabled={isDisabled ?? false} onClick={onToggle} />
      )}
      items={[
        server.enabled
          ? { title: t('servers.disable'), onClick: () => onAsk({ what: 'disable', server }) }
          : { title: t('infra.enable'), onClick: () => void enable() },
        { title: t('infra.edit'), onClick: () => onAsk({ what: 'edit', server }) },
        { title: t('servers.remove'), isDanger: true, onClick: () => onAsk({ what: 'remove', server }) },
      ]}
    />
  );
}

const SHOWN_DIGITS = 11;
/** Four bytes tell certificates apart; the whole is in the tooltip. */
const short = (fingerprints: string) => {
  const [first = '', ...more] = fingerprints.split(' ');
  return `${first.slice(0, SHOWN_DIGITS)}…${more.length > 0 ? ` +${more.length}` : ''}`;
};
