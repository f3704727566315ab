// Who there is, what they may, and their passwords.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { listAgain, useUsers } from '../../api/accounts.ts';
import { patch, post, remove } from '../../api/http.ts';
import type { User } from '../../api/types.ts';
import { toast, toastProblem } from '../../app/toasts.ts';
import { FormModal } from '../../components/FormModal.tsx';
import { PASSWORD, setPassword } from '../../components/passwords.ts';
import { Listing } from './Listing.tsx';
import { UserTable } from './UserTable.tsx';

type Asked = { what: 'create' } | { what: 'password' | 'delete'; user: User };

export function UsersTab() {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<Asked>();
  const { data: users, error } = useUsers();
  const permit = async (user: User, permission: string) => {
    try {
      await patch(`/users/${user.id}`, { permission });
      toast({ variant: 'success', title: t('users.changed', { name: user.name }) });
    } catch (problem) {
      toastProblem(t('users.notChanged', { name: user.name }), problem);
    }
    await listAgain();
  };
  const close = () => setAsked(undefined);

  return (
    <>
      <Listing create={t('users.create')} onCreate={() => setAsked({ what: 'create' })} error={error} count={users?.length}>
        <UserTable
          users={users ?? []}
          onPermission={(user, permission) => void permit(user, permission)}
          onPassword={(user) => setAsked({ what: 'password', user })}
          onDelete={(user) => setAsked({ what: 'delete', user })}
        />
      </Listing>
      {asked?.what === 'create' && (
        <FormModal
          title={t('users.create')}
          fields={[
            { name: 'name', label: 'signIn.username', kind: 'text', isRequired: true },
            ...PASSWORD,
            { name: 'permission', label: 'users.permission', kind: 'choice', choices: [['none', t('permission.none')], ['admin', t('permission.admin')]] },
          ]}
          button={t('users.create')}
          onClose={close}
          send={async (values) => {
            await post('/users', values);
            await listAgain();
          }}
        />
      )}
      {asked?.what === 'password' && (
        <FormModal
          title={t('users.password')}
          text={asked.user.name}
          fields={PASSWORD}
          button={t('users.password')}
          onClose={close}
          send={async ({ password }) => {
            await setPassword(asked.user.id, String(password));
            toast({ variant: 'success', title: t('account.passwordSet', { name: asked.user.name }) });
          }}
        />
      )}
      {asked?.what === 'delete' && (
        <FormModal
          title={t('users.delete')}
          text={t('users.deleteText', { name: asked.user.name })}
          button={t('users.delete')}
          isDanger
          onClose={close}
          send={async () => {
            await remove(`/users/${asked.user.id}`);
            await listAgain();
          }}
        />
      )}
    </>
  );
}
