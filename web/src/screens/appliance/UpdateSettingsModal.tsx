// Where updates come from, how fast, and whether and when they install themselves.
import { useTranslation } from 'react-i18next';

import type { Field } from '../../actions/action.ts';
import { patch } from '../../api/http.ts';
import { lookAtUpdatesAgain, type UpdateSettings } from '../../api/updates.ts';
import { FormModal } from '../../components/FormModal.tsx';

const KIB = 1024;
const CHANNELS = ['stable', 'latest'];
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const WEEKEND = DAYS.slice(5);
/** Usual choices of days; another one that is set is offered too. */
const CHOICES = [DAYS, DAYS.slice(0, 5), WEEKEND, ...DAYS.map((day) => [day])].map(String);

export function UpdateSettingsModal({ settings, onClose }: { settings: UpdateSettings; onClose: () => void }) {
  const { t } = useTranslation();
  const daysOf = useDays();
  const { channel, repository, bytesPerSecond, automatic, window, waitSeconds } = settings;
  const days = window ? String(window.days) : '';
  const fields: Field[] = [
    { name: 'channel', label: 'updates.channel', kind: 'choice', initial: channel, choices: [...new Set([...CHANNELS, channel])].map((name) => [name, name] as const), help: 'updates.channelHelp' },
    { name: 'repository', label: 'updates.repository', kind: 'text', initial: repository ?? '', help: 'updates.repositoryHelp' },
    { name: 'limit', label: 'updates.limit', kind: 'number', least: 1, initial: bytesPerSecond === null ? '' : Math.ceil(bytesPerSecond / KIB), help: 'updates.limitHelp' },
    { name: 'automatic', label: 'updates.automatic', kind: 'flag', initial: automatic, help: 'updates.automaticHelp' },
    { name: 'days', label: 'updates.days', kind: 'choice', initial: days, choices: [...new Set(['', ...CHOICES, days])].map((some) => [some, daysOf(some)] as const) },
    { name: 'from', label: 'updates.begins', kind: 'text', initial: window?.from ?? '22:00', help: 'updates.hourHelp' },
    { name: 'to', label: 'updates.ends', kind: 'text', initial: window?.to ?? '03:00', help: 'updates.hourHelp' },
    { name: 'minutes', label: 'updates.wait', kind: 'number', least: 0, initial: Math.ceil(waitSeconds / 60), help: 'updates.waitHelp' },
  ];
  return (
    <FormModal
      title={t('updates.change')}
      fields={fields}
      button={t('updates.change')}
      onClose={onClose}
      send={async (values) => {
        const address = String(values.repository).trim();
        const [chosen, from, to] = [values.days, values.from, values.to].map((value) => String(value).trim());
        await patch('/appliance/updates', {
          channel: values.channel,
          // The one that the image knows is not kept as a choice.
          ...(address !== (repository ?? '') && { repository: address === '' ? null : address }),
          bytesPerSecond: values.limit === '' ? null : Number(values.limit) * KIB,
          automatic: values.automatic,
          window: chosen ? { days: chosen.split(','), from, to } : null,
          waitSeconds: values.minutes === '' ? null : Number(values.minutes) * 60,
        });
        await lookAtUpdatesAgain();
      }}
    />
  );
}

/** Days with commas between them, in the user's language. */
export function useDays(): (days: string) => string {
  const { t, i18n } = useTranslation();
  // The first of January 2024 was a Monday.
  const name = (day: string) => new Date(Date.UTC(2024, 0, 1 + DAYS.indexOf(day))).toLocaleDateString(i18n.language, { weekday: 'long', timeZone: 'UTC' });
  return (days) => {
    if (days === '') return t('updates.anyTime');
    if (days === String(DAYS)) return t('updates.everyDay');
    return days.split(',').map(name).join(', ');
  };
}
