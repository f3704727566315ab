// Access entries as a table: who, on what, as what.
import { Button, Label } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useTranslation } from 'react-i18next';

import { listAgain, useGroups, useUsers } from '../../api/accounts.ts';
import { remove } from '../../api/http.ts';
import { type Acl, collectionOf } from '../../api/types.ts';
import { toastProblem } from '../../app/toasts.ts';
import en from '../../locales/en.json';
import { ObjectLink } from '../ObjectLink.tsx';

export function AccessTable({ entries }: { entries: readonly Acl[] }) {
  const { t } = useTranslation();
  const users = useUsers().data ?? [];
  const groups = useGroups().data ?? [];
  const nameOf = (subject: string) => [...users, ...groups].find(({ id }) => id === subject)?.name ?? '…';
  const isGroup = (subject: string) => groups.some(({ id }) => id === subject);
  const takeBack = async ({ id, subject }: Acl) => {
    try {
      await remove(`/acls/${id}`);
    } catch (problem) {
      toastProblem(t('rights.notTakenBack', { name: nameOf(subject) }), problem);
    }
    await listAgain();
  };
  const ordered = [...entries].sort((a, b) => nameOf(a.subject).localeCompare(nameOf(b.subject)));
  return (
    <Table variant="compact" aria-label={t('rights.title')}>
      <Thead>
        <Tr>
          <Th>{t('rights.who')}</Th>
          <Th>{t('rights.on')}</Th>
          <Th>{t('rights.role')}</Th>
          <Th screenReaderText={t('action.menu')} />
        </Tr>
      </Thead>
      <Tbody>
        {ordered.map((entry) => (
          <Tr key={entry.id}>
            <Td dataLabel={t('rights.who')}>
              {nameOf(entry.subject)} {isGroup(entry.subject) && <Label isCompact>{t('rights.group')}</Label>}
            </Td>
            <Td dataLabel={t('rights.on')}>
              <On entry={entry} />
            </Td>
            <Td dataLabel={t('rights.role')}>{t(`role.${entry.action}`)}</Td>
            <Td>
              <Button size="sm" variant="link" isDanger onClick={() => void takeBack(entry)} aria-label={t('rights.takeBackFrom', { name: nameOf(entry.subject) })}>
                {t('rights.takeBack')}
              </Button>
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

type Kind = keyof typeof en.kind;
const isKind = (collection: string): collection is Kind => collection in en.kind;

function On({ entry: { object, objectType } }: { entry: Acl }) {
  const { t } = useTranslation();
  const collection = collectionOf(objectType);
  if (!collection) return <>{objectType === undefined ? t('rights.gone') : `${objectType} ${object.slice(0, 8)}`}</>;
  return (
    <>
      {isKind(collection) && `${t(`kind.${collection}`)} · `}
      <ObjectLink collection={collection} id={object} isWithPool />
    </>
  );
}
