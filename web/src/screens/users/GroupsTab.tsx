// Groups of users: what is granted to one is granted to all its members.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { listAgain, useGroups, useUsers } from '../../api/accounts.ts';
import { patch, post, put, remove } from '../../api/http.ts';
import type { Group, User } from '../../api/types.ts';
import { toastProblem } from '../../app/toasts.ts';
import { FormModal } from '../../components/FormModal.tsx';
import { GroupTable } from './GroupTable.tsx';
import { Listing } from './Listing.tsx';

type Asked = { what: 'create' } | { what: 'rename' | 'delete' | 'add'; group: Group };

export function GroupsTab() {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<Asked>();
  const { data: groups, error } = useGroups();
  const users = useUsers().data ?? [];
  const takeOut = async (group: Group, user: User) => {
    try {
      await remove(`/groups/${group.id}/users/${user.id}`);
    } catch (problem) {
      toastProblem(t('groups.notTakenOut', { name: user.name, group: group.name }), problem);
    }
    await listAgain();
  };
  const close = () => setAsked(undefined);
  /** Sends, and lists again what it changed. */
  const sends = (send: (values: Record<string, unknown>) => Promise<unknown>) => async (values: Record<string, unknown>) => {
    await send(values);
    await listAgain();
  };
  const name = { name: 'name', label: 'column.name', kind: 'text', isRequired: true } as const;

  return (
    <>
      <Listing create={t('groups.create')} onCreate={() => setAsked({ what: 'create' })} error={error} count={groups?.length}>
        <GroupTable groups={groups ?? []} users={users} onAsk={(what, group) => setAsked({ what, group })} onTakeOut={(group, user) => void takeOut(group, user)} />
      </Listing>
      {asked?.what === 'create' && (
        <FormModal title={t('groups.create')} fields={[name]} button={t('groups.create')} onClose={close} send={sends((values) => post('/groups', values))} />
      )}
      {asked?.what === 'rename' && (
        <FormModal
          title={t('groups.rename')}
          text={asked.group.name}
          fields={[{ ...name, initial: asked.group.name }]}
          button={t('groups.rename')}
          onClose={close}
          send={sends((values) => patch(`/groups/${asked.group.id}`, values))}
        />
      )}
      {asked?.what === 'add' && (
        <FormModal
          title={t('groups.add')}
          text={asked.group.name}
          fields={[{ name: 'user', label: 'signIn.username', kind: 'choice', choices: users.filter(({ id }) => !asked.group.users.includes(id)).map((user) => [user.id, user.name] as const) }]}
          button={t('groups.add')}
          onClose={close}
          send={sends(({ user }) => put(`/groups/${asked.group.id}/users/${String(user)}`))}
        />
      )}
      {asked?.what === 'delete' && (
        <FormModal
          title={t('groups.delete')}
          text={t('groups.deleteText', { name: asked.group.name })}
          button={t('groups.delete')}
          isDanger
          onClose={close}
          send={sends(() => remove(`/groups/${asked.group.id}`))}
        />
      )}
    </>
  );
}
