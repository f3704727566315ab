// The name of storage, with its host where only one reaches it: each host may have one of the same name.
import { useTranslation } from 'react-i18next';

import { useName } from '../api/names.ts';
import { hostOf } from './storage.ts';

type Named = Parameters<typeof hostOf>[0] & { name_label: string };

export function useStorageName(sr: Named | undefined): string | undefined {
  const { t } = useTranslation();
  const host = useName('hosts', sr && hostOf(sr));
  return host === undefined ? sr?.name_label : t('storage.on', { name: sr?.name_label, host });
}

export function StorageName({ sr }: { sr: Named }) {
  return useStorageName(sr);
}
