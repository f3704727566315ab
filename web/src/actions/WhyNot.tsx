// Why an action cannot be done now; of a disk, also which VMs have it.
import { useTranslation } from 'react-i18next';

import { useAll } from '../api/useList.ts';
import { oneOf } from '../components/filterText.ts';
import type { Why } from './reasons.ts';

export function WhyNot({ why }: { why: Why }) {
  return typeof why === 'string' ? why : <AttachedTo vbds={why.vbds} />;
}

function AttachedTo({ vbds }: { vbds: readonly string[] }) {
  const { t } = useTranslation();
  const links = useAll('vbds', oneOf('id', vbds), ['id', 'VM']).rows;
  const vms = useAll('vms', links.length > 0 ? oneOf('id', links.map(({ VM }) => VM)) : undefined, ['id', 'name_label']).rows;
  return t('why.attached', { names: vms.map(({ name_label }) => name_label).join(', ') || t('column.vm') });
}
