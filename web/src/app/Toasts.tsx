// The toasts of `toasts.ts`, in PatternFly's group, which screen readers hear.
import { AlertActionCloseButton, AlertGroup } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { Alert } from '../components/Alert.tsx';
import { ProblemText } from '../components/ProblemText.tsx';
import { closeToast, useToasts } from './toasts.ts';

const FADE_MS = 5000;

export function Toasts() {
  const { t } = useTranslation();
  return (
    <AlertGroup isToast isLiveRegion className="xo-toasts" aria-label={t('toasts.label')}>
      {useToasts().map(({ id, variant, title, problem }) => (
        <Alert
          key={id}
          variant={variant}
          title={title}
          timeout={variant === 'danger' ? false : FADE_MS}
          onTimeout={() => closeToast(id)}
          actionClose={<AlertActionCloseButton title={title} aria-label={t('toasts.close', { title })} onClose={() => closeToast(id)} />}
        >
          {problem && <ProblemText problem={problem} />}
        </Alert>
      ))}
    </AlertGroup>
  );
}
