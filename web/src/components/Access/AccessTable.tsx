// Access entries as a table: who, on what, as what.
import { Button, Label } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { listAgain, useGroups, useUsers } from '../../api/accounts.ts';
import { remove } from '../../api/http.ts';
import { type Acl, collectionOf } from '../../api/types.ts';
import { toastProblem } from '../../app/toasts.ts';
import en from '../../locales/en.json';
import { ObjectLink } from '../ObjectLink.tsx';
import { PlainTable } from '../PlainTable.tsx';

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
    <PlainTable
      label={t('rights.title')}
      rows={ordered}
      columns={[
        ['rights.who', ({ subject }) => <>{nameOf(subject)} {isGroup(subject) && <Label isCompact>{t('rights.group')}</Label>}</>],
        ['rights.on', (entry) => <On entry={entry} />],
        ['rights.role', ({ action }) => t(`role.${action}`)],
      ]}
      actions={(entry) => (
        <Button size="sm" variant="link" isDanger onClick={() => void takeBack(entry)} aria-label={t('rights.takeBackFrom', { name: nameOf(entry.subject) })}>
          {t('rights.takeBack')}
        </Button>
      )}
    />
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
