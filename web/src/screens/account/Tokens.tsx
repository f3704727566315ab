// The user's own tokens, for programs that act in their name; a secret is shown once, when it is made.
import { Button, ClipboardCopy, EmptyState, Label } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { queries } from '../../api/client.ts';
import { get, post, remove } from '../../api/http.ts';
import type { Token, User } from '../../api/types.ts';
import { Alert } from '../../components/Alert.tsx';
import { browserOf } from '../../components/browser.ts';
import { FormModal } from '../../components/FormModal.tsx';
import { PlainTable } from '../../components/PlainTable.tsx';
import { moment } from '../../components/units.ts';

const TOKENS = ['own-tokens'];
const VALID_DAYS = [1, 30, 180];

const rawOf = (token: Token) => token.description ?? token.client?.id ?? '–';

/** The one that this browser is signed in with: the server keeps one for each browser, by the name in this cookie. */
function isHere(token: Token): boolean {
  const [, client] = /(?:^|; )clientId=([^;]+)/.exec(document.cookie) ?? [];
  return client !== undefined && token.client?.id === client;
}

export function Tokens({ me }: { me: User }) {
  const { t } = useTranslation();
  const nameOf = (token: Token) => {
    const seen = browserOf(rawOf(token));
    return seen ? t('tokens.browser', seen) : rawOf(token);
  };
  const [isAsking, setAsking] = useState(false);
  const [secret, setSecret] = useState<string>();
  const [revoked, setRevoked] = useState<Token>();
  const path = `/users/${me.id}/authentication_tokens`;
  const { data: tokens } = useQuery({ queryKey: TOKENS, queryFn: ({ signal }) => get<Token[]>(path, undefined, signal) });
  const lastUse = (token: Token) => Math.max(0, ...Object.values(token.last_uses ?? {}).map(({ timestamp }) => timestamp));
  const when = (ms: number | undefined) => (ms ? moment(ms) : '–');
  return (
    <div className="xo-part">
      <div>
        <Button variant="secondary" onClick={() => setAsking(true)}>
          {t('tokens.make')}
        </Button>
      </div>
      {secret !== undefined && (
        <Alert isInline variant="success" title={t('tokens.made')}>
          <p>{t('tokens.once')}</p>
          <ClipboardCopy isReadOnly hoverTip={t('copy.hint')} clickTip={t('copy.done')} textAriaLabel={t('tokens.secret')}>
            {secret}
          </ClipboardCopy>
        </Alert>
      )}
      {tokens?.length === 0 && <EmptyState titleText={t('table.empty')} headingLevel="h3" variant="xs" />}
      {tokens && tokens.length > 0 && (
        <PlainTable
          label={t('tokens.title')}
          rows={[...tokens].sort((a, b) => (b.created_at ?? 0) - (a.created_at ?? 0))}
          columns={[
            ['column.description', (token) => <span title={rawOf(token)}>{nameOf(token)}</span>],
            ['tokens.created', (token) => when(token.created_at)],
            ['tokens.expires', (token) => when(token.expiration)],
            ['tokens.used', (token) => when(lastUse(token))],
          ]}
          menu={(token) =>
            isHere(token) ? (
              // Signing out ends this one.
              <Label isCompact>{t('tokens.here')}</Label>
            ) : (
              <Button variant="link" isInline isDanger onClick={() => setRevoked(token)}>
                {t('tokens.revoke')}
              </Button>
            )
          }
        />
      )}
      {revoked && (
        <FormModal
          title={t('tokens.revokeTitle')}
          text={`${nameOf(revoked)}: ${t('tokens.revokeHelp')}`}
          button={t('tokens.revoke')}
          isDanger
          onClose={() => setRevoked(undefined)}
          send={async () => {
            await remove(`${path}/${revoked.id}`);
            setSecret(undefined);
            await queries.invalidateQueries({ queryKey: TOKENS });
          }}
        />
      )}
      {isAsking && (
        <FormModal
          title={t('tokens.make')}
          text={t('tokens.help')}
          fields={[
            { name: 'description', label: 'column.description', kind: 'text', isRequired: true },
            { name: 'expiresIn', label: 'tokens.valid', kind: 'choice', initial: '30 days', choices: VALID_DAYS.map((count) => [`${count} days`, t('tokens.days', { count })] as const) },
          ]}
          button={t('tokens.make')}
          onClose={() => setAsking(false)}
          send={async (values) => {
            const { token } = await post<{ token: Token }>(path, values);
            setSecret(token.id);
            await queries.invalidateQueries({ queryKey: TOKENS });
          }}
        />
      )}
    </div>
  );
}
