// The dialog that grants a role on an object.
import { useTranslation } from 'react-i18next';

import type { Field } from '../../actions/action.ts';
import { listAgain, useGroups, useUsers } from '../../api/accounts.ts';
import { post } from '../../api/http.ts';
import { ROLES } from '../../api/types.ts';
import { FormModal } from '../FormModal.tsx';

interface Props {
  /** On this one; without, it is asked for. */
  object?: string;
  /** To this user or group first. */
  subject?: string | undefined;
  onClose: () => void;
}

export function GrantAccess({ object, subject, onClose }: Props) {
  const { t } = useTranslation();
  const users = useUsers().data;
  const groups = useGroups().data;
  if (!users || !groups) return null;
  const subjects = [
    // Administrators may do all as it is.
    ...users.filter(({ permission }) => permission !== 'admin').map(({ id, name }) => [id, name] as const),
    ...groups.map(({ id, name }) => [id, t('rights.groupNamed', { name })] as const),
  ];
  const fields: Field[] = [
    { name: 'subject', label: 'rights.who', kind: 'choice', choices: subjects, ...(subject && { initial: subject }), isRequired: true },
    ...(object ? [] : [{ name: 'object', label: 'rights.on', kind: 'search', help: 'rights.onHelp', isRequired: true } as const]),
    { name: 'action', label: 'rights.role', kind: 'choice', choices: ROLES.map((role) => [role, t(`role.${role}`)] as const), help: 'rights.roleHelp' },
  ];
  return (
    <FormModal
      title={t('rights.grant')}
      {...(subjects.length === 0 && { text: t('rights.nobody') })}
      fields={fields}
      button={t('rights.grant')}
      onClose={onClose}
      send={async (values) => {
        await post('/acls', { ...(object && { object }), ...values });
        await listAgain();
      }}
    />
  );
}
