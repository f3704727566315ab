// A pool connection, made or changed. An address is looked at first; what it shows is accepted, and only then an account is sent there.
import { ActionGroup, Button, ExpandableSection, Form, FormGroup, FormHelperText, HelperText, HelperTextItem, TextInput } from '@patternfly/react-core';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { Problem } from '../../api/problem.ts';
import { addServer, changeServer, probe, type NewServer, type Sight } from '../../api/servers.ts';
import type { Server } from '../../api/types.ts';
import { PasswordInput } from '../../components/PasswordInput.tsx';
import { useKept } from '../../components/useKept.ts';
import { Certificate } from './Certificate.tsx';
import { ConnectProblem, masterOf } from './ConnectProblem.tsx';
import './PoolForm.css';

interface Props {
  /** To change; without it one is made. */
  server?: Server;
  onDone: () => void;
  /** Under which names to keep what is typed (`useKept`). */
  keep?: string;
  /** What else may be done than to go on. */
  children?: ReactNode;
}

const shownCertificate = (server: Server | undefined) => server?.error?.code.startsWith('CERTIFICATE_') === true;

export function PoolForm({ server, onDone, keep, children }: Props) {
  const { t } = useTranslation();
  const [host, setHost] = useKept(keep && `${keep}.host`, server?.host ?? '');
  const [label, setLabel] = useKept(keep && `${keep}.label`, server?.label ?? '');
  const [username, setUsername] = useKept(keep && `${keep}.username`, server?.username ?? 'root');
  const [password, setPassword] = useState('');
  // It may hold a password, so it is not kept.
  const [httpProxy, setHttpProxy] = useState(server?.httpProxy ?? '');
  const [sight, setSight] = useState<Sight>();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  // What there is to judge is seen together with the button that follows from it, however small the window is.
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (sight ?? problem) end.current?.scrollIntoView({ block: 'end' });
  }, [sight, problem]);

  const address = host.trim();
  const way = httpProxy.trim();
  const isOtherPlace = address !== server?.host;
  const mustLook = (isOtherPlace || shownCertificate(server)) && sight === undefined;
  const isReady = address !== '' && username.trim() !== '' && (server !== undefined || password !== '');

  const save = async () => {
    const pin = sight && !sight.vouched && sight.fingerprint ? { fingerprint: sight.fingerprint } : {};
    const account = { username: username.trim() };
    if (!server) {
      const what: NewServer = { host: address, ...account, password, ...pin, ...(label.trim() && { label: label.trim() }), ...(way && { httpProxy: way }) };
      await addServer(what);
      return;
    }
    await changeServer(server, {
      ...(isOtherPlace && { host: address }),
      ...(username.trim() !== server.username && account),
      ...(password && { password }),
      ...(label.trim() !== (server.label ?? '') && { label: label.trim() || null }),
      ...(way !== (server.httpProxy ?? '') && { httpProxy: way || null }),
      ...pin,
    });
  };
  const goTo = (place: string) => {
    setHost(place);
    setSight(undefined);
    setProblem(undefined);
  };
  const master = masterOf(problem);
  const submit = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      if (master !== undefined) {
        goTo(master);
        setSight(await probe(master, way));
      } else if (mustLook) setSight(await probe(address, way));
      else {
        await save();
        onDone();
        return;
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      // It may show another certificate by now.
      if (error.code?.startsWith('CERTIFICATE_')) setSight(undefined);
    } finally {
      setBusy(false);
    }
  };
  const button = master !== undefined ? t('servers.takeMaster', { master }) : mustLook ? t('servers.look') : sight?.fingerprint && !sight.vouched ? t('servers.accept') : server ? t('edit.save') : t('servers.connect');
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady && !isBusy) void submit();
      }}
    >
      <div className="xo-pair">
        <FormGroup label={t('servers.host')} isRequired fieldId="pool-host">
          <TextInput id="pool-host" isRequired value={host} onChange={(_, value) => goTo(value)} />
          <FormHelperText>
            <HelperText>
              <HelperTextItem>{t('servers.hostHelp')}</HelperTextItem>
            </HelperText>
          </FormHelperText>
        </FormGroup>
        <FormGroup label={t('servers.label')} fieldId="pool-label">
          <TextInput id="pool-label" value={label} onChange={(_, value) => setLabel(value)} />
        </FormGroup>
      </div>
      <div className="xo-pair">
        <FormGroup label={t('signIn.username')} isRequired fieldId="pool-username">
          <TextInput id="pool-username" isRequired autoComplete="off" value={username} onChange={(_, value) => setUsername(value)} />
        </FormGroup>
        <FormGroup label={t('signIn.password')} isRequired={!server} fieldId="pool-password">
          <PasswordInput id="pool-password" isRequired={!server} value={password} onChange={(_, value) => setPassword(value)} />
          {server && (
            <FormHelperText>
              <HelperText>
                <HelperTextItem>{t('servers.samePassword')}</HelperTextItem>
              </HelperText>
            </FormHelperText>
          )}
        </FormGroup>
      </div>
      <ExpandableSection toggleText={t('servers.more')} isIndented>
        <FormGroup label={t('servers.proxy')} fieldId="pool-proxy">
          <TextInput id="pool-proxy" value={httpProxy} placeholder="http://proxy:3128" onChange={(_, value) => setHttpProxy(value)} />
          <FormHelperText>
            <HelperText>
              <HelperTextItem>{t('servers.proxyHelp')}</HelperTextItem>
            </HelperText>
          </FormHelperText>
        </FormGroup>
      </ExpandableSection>
      <div ref={end} className="xo-part xo-pool-end">
        {sight && master === undefined && <Certificate sight={sight} />}
        {problem && <ConnectProblem problem={problem} />}
        <ActionGroup>
          <Button type="submit" variant="primary" isDisabled={!isReady || isBusy} isLoading={isBusy}>
            {button}
          </Button>
          {children}
        </ActionGroup>
      </div>
    </Form>
  );
}
