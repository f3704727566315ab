// Chooses storage: what suits comes first; of the rest it is said why it does not.
import { FormSelect, FormSelectOption } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { useName } from '../api/names.ts';
import type { Sr } from '../api/types.ts';
import { useAll } from '../api/useList.ts';
import { useFullName } from '../app/pools.tsx';
import { useStorageName } from './StorageName.tsx';
import { freeOf, misfitOf, type Misfit, type Need } from './storage.ts';
import { bytes } from './units.ts';

const FIELDS = ['id', 'name_label', '$pool', 'size', 'physical_usage', 'shared', '$container'];
const OFFERED = 200;

interface Offer {
  sr: Sr;
  misfit: Misfit | undefined;
}

/** In the order in which it is offered. */
function useOffers(filter: string, need: Need): Offer[] {
  const { rows, isOld } = useAll('srs', filter, FIELDS, 'name_label', OFFERED);
  // That of another pool is no choice, not even for a moment.
  const offers = (isOld ? [] : rows).map((sr) => ({ sr, misfit: misfitOf(sr, need) }));
  return offers.sort((a, b) => Number(a.misfit !== undefined) - Number(b.misfit !== undefined));
}

/** What speaks against the chosen one. */
export function useStorageWarning(filter: string, value: string, need: Need): string | undefined {
  const { t } = useTranslation();
  const chosen = useOffers(filter, need).find(({ sr }) => sr.id === value);
  const host = useName('hosts', need.tie?.host);
  if (!chosen?.misfit) return undefined;
  return chosen.misfit === 'small' || !need.tie ? t('storage.full', { size: bytes(freeOf(chosen.sr)) }) : t(`storage.${need.tie.why}`, { host });
}

interface Props {
  id: string;
  filter: string;
  value: string;
  onChange: (id: string) => void;
  need: Need;
  label?: string;
  /** What it is when none is chosen. */
  usual?: string;
  look?: { validated?: 'error' | 'warning'; 'aria-describedby'?: string };
}

export function StorageSelect({ id, filter, value, onChange, need, label, usual, look }: Props) {
  const { t } = useTranslation();
  const offers = useOffers(filter, need);
  const isWithPool = new Set(offers.map(({ sr }) => sr.$pool)).size > 1;
  return (
    <FormSelect id={id} value={value} onChange={(_, chosen) => onChange(chosen)} {...(label && { 'aria-label': label })} {...look}>
      <FormSelectOption value="" label={usual ?? t('ask.choose')} isPlaceholder />
      {offers.map((offer) => (
        <Option key={offer.sr.id} {...offer} {...{ need, isWithPool }} />
      ))}
    </FormSelect>
  );
}

function Option({ sr, misfit, need, isWithPool }: Offer & { need: Need; isWithPool: boolean }) {
  const { t } = useTranslation();
  const fullName = useFullName();
  const host = useName('hosts', need.tie?.host);
  const named = useStorageName({ ...sr, name_label: isWithPool ? fullName(sr) : sr.name_label });
  const name = t('storage.free', { name: named, size: bytes(freeOf(sr)) });
  return <FormSelectOption value={sr.id} label={misfit ? t(`storage.${misfit}`, { name, host }) : name} />;
}
