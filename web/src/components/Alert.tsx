// PatternFly's message, whose colour is also said in the user's language to who cannot see it.
import { Alert as PlainAlert, type AlertProps } from '@patternfly/react-core/dist/esm/components/Alert/index.js';
import { useTranslation } from 'react-i18next';

export function Alert({ variant = 'custom', ...others }: Omit<AlertProps, 'ref'>) {
  const { t } = useTranslation();
  return <PlainAlert variant={variant} variantLabel={t(`said.${variant}`)} {...others} />;
}
