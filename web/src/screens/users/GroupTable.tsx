// Groups as a table, each with its members.
import { Button, Label, LabelGroup } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import type { Group, User } from '../../api/types.ts';
import { PlainTable } from '../../components/PlainTable.tsx';
import { AccessLink } from './AccessTab.tsx';

const SHOWN = 12;

interface Props {
  groups: readonly Group[];
  users: readonly User[];
  onAsk: (what: 'add' | 'rename' | 'delete', group: Group) => void;
  onTakeOut: (group: Group, user: User) => void;
}

export function GroupTable({ groups, users, onAsk, onTakeOut }: Props) {
  const { t } = useTranslation();
  const membersOf = (group: Group) => users.filter(({ id }) => group.users.includes(id));
  return (
    <PlainTable
      label={t('groups.title')}
      rows={groups}
      columns={[
        ['column.name', ({ name }) => name],
        ['groups.members', (group) => <Members group={group} users={membersOf(group)} onTakeOut={onTakeOut} />],
      ]}
      actions={(group) => {
        const hasAll = membersOf(group).length === users.length;
        return (
          <>
            <div className="xo-actions">
              <AccessLink who={group} />
              <Button size="sm" variant="link" isDisabled={hasAll} onClick={() => onAsk('add', group)}>
                {t('groups.add')}
              </Button>
              <Button size="sm" variant="link" onClick={() => onAsk('rename', group)}>
                {t('groups.rename')}
              </Button>
              <Button size="sm" variant="link" isDanger onClick={() => onAsk('delete', group)}>
                {t('groups.delete')}
              </Button>
            </div>
            {hasAll && <p className="xo-hint">{t('groups.all')}</p>}
          </>
        );
      }}
    />
  );
}

function Members({ group, users, onTakeOut }: { group: Group } & Pick<Props, 'users' | 'onTakeOut'>) {
  const { t } = useTranslation();
  if (users.length === 0) return '–';
  return (
    <LabelGroup numLabels={SHOWN} collapsedText={t('labels.more')} expandedText={t('labels.less')} aria-label={t('groups.membersOf', { name: group.name })}>
      {users.map((user) => (
        <Label key={user.id} onClose={() => onTakeOut(group, user)} closeBtnAriaLabel={t('groups.takeOut', { name: user.name })}>
          {user.name}
        </Label>
      ))}
    </LabelGroup>
  );
}
