// The user's own tokens, for programs that act in their name; a secret is shown once, when it is made.
import { Alert, Button, ClipboardCopy, EmptyState } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { queries } from '../../api/client.ts';
import { get, post } from '../../api/http.ts';
import type { Token, User } from '../../api/types.ts';
import { FormModal } from '../../components/FormModal.tsx';
import { moment } from '../../components/units.ts';

const TOKENS = ['own-tokens'];
const VALID_DAYS = [1, 30, 180];

export function Tokens({ me }: { me: User }) {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  const [secret, setSecret] = useState<string>();
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
        <Table variant="compact" aria-label={t('tokens.title')}>
          <Thead>
            <Tr>
              <Th>{t('column.description')}</Th>
              <Th>{t('tokens.created')}</Th>
              <Th>{t('tokens.expires')}</Th>
              <Th>{t('tokens.used')}</Th>
            </Tr>
          </Thead>
          <Tbody>
            {[...tokens]
              .sort((a, b) => (b.created_at ?? 0) - (a.created_at ?? 0))
              .map((token) => (
                <Tr key={token.id}>
                  <Td dataLabel={t('column.description')}>{token.description ?? token.client?.id ?? '–'}</Td>
                  <Td dataLabel={t('tokens.created')}>{when(token.created_at)}</Td>
                  <Td dataLabel={t('tokens.expires')}>{when(token.expiration)}</Td>
                  <Td dataLabel={t('tokens.used')}>{when(lastUse(token))}</Td>
                </Tr>
              ))}
          </Tbody>
        </Table>
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
