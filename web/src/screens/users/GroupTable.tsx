// Groups as a table, each with its members.
import { Button, Label, LabelGroup } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useTranslation } from 'react-i18next';

import type { Group, User } from '../../api/types.ts';
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
  return (
    <Table variant="compact" aria-label={t('groups.title')}>
      <Thead>
        <Tr>
          <Th>{t('column.name')}</Th>
          <Th>{t('groups.members')}</Th>
          <Th screenReaderText={t('action.menu')} />
        </Tr>
      </Thead>
      <Tbody>
        {groups.map((group) => {
          const members = users.filter(({ id }) => group.users.includes(id));
          return (
            <Tr key={group.id}>
              <Td dataLabel={t('column.name')}>{group.name}</Td>
              <Td dataLabel={t('groups.members')}>
                {members.length === 0 && '–'}
                {members.length > 0 && (
                  <LabelGroup numLabels={SHOWN} collapsedText={t('labels.more')} expandedText={t('labels.less')} aria-label={t('groups.membersOf', { name: group.name })}>
                    {members.map((user) => (
                      <Label key={user.id} onClose={() => onTakeOut(group, user)} closeBtnAriaLabel={t('groups.takeOut', { name: user.name })}>
                        {user.name}
                      </Label>
                    ))}
                  </LabelGroup>
                )}
              </Td>
              <Td>
                <div className="xo-actions">
                  <AccessLink who={group} />
                  <Button size="sm" variant="link" isDisabled={members.length === users.length} onClick={() => onAsk('add', group)}>
                    {t('groups.add')}
                  </Button>
                  <Button size="sm" variant="link" onClick={() => onAsk('rename', group)}>
                    {t('groups.rename')}
                  </Button>
                  <Button size="sm" variant="link" isDanger onClick={() => onAsk('delete', group)}>
                    {t('groups.delete')}
                  </Button>
                </div>
                {members.length === users.length && <p className="xo-hint">{t('groups.all')}</p>}
              </Td>
            </Tr>
          );
        })}
      </Tbody>
    </Table>
  );
}
