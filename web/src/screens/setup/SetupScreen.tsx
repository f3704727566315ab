// The first visit, step by step. Each step has an address, so that a reload and the way back stay where they should; what was typed is
// kept (`useKept`), passwords are not.
import { Card, CardBody, ProgressStep, ProgressStepper, Title } from '@patternfly/react-core';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Redirect, useLocation, useRoute } from 'wouter';

import { useMe, useSetup } from '../../api/session.ts';
import { SETUP_STEP } from '../../app/paths.ts';
import { HOME } from '../../app/routes.tsx';
import { useTitle } from '../../app/useTitle.ts';
import { forgetKept } from '../../components/useKept.ts';
import './setup.css';
import { STEPS } from './steps.ts';

const pathOf = (id: string | undefined) => SETUP_STEP.replace(':step', id ?? '');

export default function SetupScreen() {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const [, params] = useRoute(SETUP_STEP);
  const setup = useSetup().data;
  const isRequired = setup?.required === true;
  // With a pool, or the lab, the first one is not asked for; who is asked for it already stays there.
  const hasPool = setup !== undefined && setup.lab !== 'available';
  const steps = STEPS.filter(({ id, isForAppliances }) => (!isForAppliances || setup?.appliance === true) && (id !== 'pool' || !hasPool || id === params?.step));
  const me = useMe().data;
  const phase = isRequired ? 'stranger' : 'administrator';
  const step = steps.find(({ id }) => id === params?.step);
  const isNarrow = useIsNarrow();
  useTitle(step && t(step.label));

  // What is left of the set-up is not for others.
  if (!isRequired && me?.permission !== 'admin') return <Redirect replace to={HOME} />;
  if (step?.phase !== phase) return <Redirect replace to={pathOf(steps.find((one) => one.phase === phase)?.id)} />;

  const at = steps.indexOf(step);
  const next = steps[at + 1];
  const done = () => {
    if (next) go(pathOf(next.id));
    else {
      forgetKept('');
      go(HOME, { replace: true });
    }
  };
  const state = (index: number) => (index < at ? 'success' : index === at ? 'info' : 'pending');
  return (
    <main className="xo-setup">
      <p className="xo-brand">XOA</p>
      <ProgressStepper className="pf-m-horizontal" isCenterAligned={!isNarrow} isCompact={isNarrow} aria-label={t('setup.steps')}>
        {steps.map(({ id, label }, index) => (
          <ProgressStep key={id} id={`step-${id}`} titleId={`step-${id}-title`} variant={state(index)} isCurrent={index === at} aria-label={t(`setup.state.${state(index)}`, { step: t(label) })}>
            {t(label)}
          </ProgressStep>
        ))}
      </ProgressStepper>
      <Card isCompact={isNarrow}>
        <CardBody className="xo-part">
          <Title headingLevel="h1">{t(step.label)}</Title>
          <step.Body key={step.id} onDone={done} />
        </CardBody>
      </Card>
    </main>
  );
}

/** Where titles of seven steps do not fit beside each other. */
const NARROW = '(max-width: 58rem)';

function useIsNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const query = matchMedia(NARROW);
      query.addEventListener('change', listener);
      return () => query.removeEventListener('change', listener);
    },
    () => matchMedia(NARROW).matches,
  );
}
