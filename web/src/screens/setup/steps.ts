// The steps of the first visit, in their order. This is the place for steps of one's own: an appliance puts its network, its name and its
// time before the certificate, and its update channel after the first pool.
import type { ComponentType } from 'react';

import type { TextKey } from '../../i18n.ts';
import { AdministratorStep } from './AdministratorStep.tsx';
import { CertificateStep } from './CertificateStep.tsx';
import { CodeStep } from './CodeStep.tsx';
import { PoolStep } from './PoolStep.tsx';

export interface StepProps {
  /** Goes to the next step, or to the overview after the last. */
  onDone: () => void;
}

export interface Step {
  /** Its part of the address. */
  id: string;
  label: TextKey;
  Body: ComponentType<StepProps>;
  /** Before there is an administrator nobody is signed in; what comes after needs one. */
  phase: 'stranger' | 'administrator';
}

export const STEPS: readonly Step[] = [
  { id: 'code', label: 'setup.code', Body: CodeStep, phase: 'stranger' },
  { id: 'administrator', label: 'setup.administrator', Body: AdministratorStep, phase: 'stranger' },
  { id: 'certificate', label: 'setup.certificate', Body: CertificateStep, phase: 'administrator' },
  { id: 'pool', label: 'setup.pool', Body: PoolStep, phase: 'administrator' },
];
