// The steps of the first visit, in their order. An appliance has some more.
import type { ComponentType } from 'react';

import type { TextKey } from '../../i18n.ts';
import { AdministratorStep } from './AdministratorStep.tsx';
import { NameStep, NetworkStep, TimeStep } from './ApplianceSteps.tsx';
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
  isForAppliances?: true;
}

export const STEPS: readonly Step[] = [
  { id: 'code', label: 'setup.code', Body: CodeStep, phase: 'stranger' },
  { id: 'administrator', label: 'setup.administrator', Body: AdministratorStep, phase: 'stranger' },
  { id: 'network', label: 'appliance.network', Body: NetworkStep, phase: 'administrator', isForAppliances: true },
  { id: 'name', label: 'appliance.name', Body: NameStep, phase: 'administrator', isForAppliances: true },
  { id: 'time', label: 'appliance.time', Body: TimeStep, phase: 'administrator', isForAppliances: true },
  { id: 'certificate', label: 'setup.certificate', Body: CertificateStep, phase: 'administrator' },
  { id: 'pool', label: 'setup.pool', Body: PoolStep, phase: 'administrator' },
];
