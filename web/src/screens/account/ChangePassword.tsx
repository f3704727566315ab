// A new password of one's own, for whoever knows the old one.
import { useTranslation } from 'react-i18next';

import type { Field } from '../../actions/action.ts';
import { post } from '../../api/http.ts';
import { Problem } from '../../api/problem.ts';
import type { User } from '../../api/types.ts';
import { toast } from '../../app/toasts.ts';
import { FormModal } from '../../components/FormModal.tsx';
import { SHORTEST } from '../../components/passwords.ts';

const FIELDS: readonly Field[] = [
  { name: 'oldPassword', label: 'account.old', kind: 'password', isRequired: true, autoComplete: 'current-password' },
  { name: 'newPassword', label: 'account.new', kind: 'password', isRequired: true, least: SHORTEST },
];

const isWrongOld = (problem: Problem) => problem.data.errors?.some(({ instancePath }) => instancePath === '/oldPassword') === true;

export function ChangePassword({ me, onClose }: { me: User; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <FormModal
      title={t('account.password')}
      fields={FIELDS}
      button={t('account.password')}
      onClose={onClose}
      send={async (values) => {
        try {
          await post(`/users/${me.id}/actions/change_password`, values);
        } catch (error) {
          if (!(error instanceof Problem && isWrongOld(error))) throw error;
          throw new Problem(error.status, t('account.wrongOld'), undefined, {}, undefined);
        }
        toast({ variant: 'success', title: t('account.passwordSet', { name: me.name }) });
      }}
    />
  );
}
