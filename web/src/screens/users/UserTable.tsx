// Users as a table. Nobody takes their own permission or deletes the account that they are signed in with: the server refuses it.
import { Button, FormSelect, FormSelectOption } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { useMe } from '../../api/session.ts';
import type { User } from '../../api/types.ts';
import { PlainTable } from '../../components/PlainTable.tsx';
import { AccessLink } from './AccessTab.tsx';

const PERMISSIONS = ['none', 'admin'] as const;

interface Props {
  users: readonly User[];
  onPermission: (user: User, permission: string) => void;
  onPassword: (user: User) => void;
  onDelete: (user: User) => void;
}

export function UserTable({ users, onPermission, onPassword, onDelete }: Props) {
  const { t } = useTranslation();
  const me = useMe().data?.id;
  return (
    <PlainTable
      label={t('users.title')}
      rows={users}
      columns={[
        ['signIn.username', ({ name }) => name],
        [
          'users.permission',
          (user) => (
            <>
              <FormSelect
                id={`permission-${user.id}`}
                aria-label={t('users.permissionOf', { name: user.name })}
                value={user.permission}
                isDisabled={user.id === me}
                onChange={(_, permission) => onPermission(user, permission)}
              >
                {PERMISSIONS.map((one) => (
                  <FormSelectOption key={one} value={one} label={t(`permission.${one}`)} />
                ))}
              </FormSelect>
              {user.id === me && <p className="xo-hint">{t('users.own')}</p>}
            </>
          ),
        ],
      ]}
      actions={(user) => (
        <div className="xo-actions">
          <AccessLink who={user} />
          <Button size="sm" variant="link" onClick={() => onPassword(user)}>
            {t('users.password')}
          </Button>
          <Button size="sm" variant="link" isDanger isDisabled={user.id === me} onClick={() => onDelete(user)}>
            {t('users.delete')}
          </Button>
        </div>
      )}
    />
  );
}
