// Whether something is so.
import { useTranslation } from 'react-i18next';

export function YesNo({ is }: { is: boolean | undefined }) {
  const { t } = useTranslation();
  return t(is ? 'answer.yes' : 'answer.no');
}
