// How filters are written, by examples.
import { Button, DescriptionList, DescriptionListDescription, DescriptionListGroup, DescriptionListTerm, Popover } from '@patternfly/react-core';
import QuestionCircleIcon from '@patternfly/react-icons/dist/esm/icons/question-circle-icon';
import { useTranslation } from 'react-i18next';

const EXAMPLES = [
  ['web', 'word'],
  ['"front end"', 'quoted'],
  ['power_state:Running', 'property'],
  ['web power_state:Running', 'both'],
  ['|(power_state:Halted tags:old)', 'either'],
  ['!tags:test', 'not'],
  ['CPUs:number:>4', 'more'],
  ['auto_poweron?', 'isSo'],
  ['name_label:/^web-[0-9]+$/i', 'pattern'],
] as const;

export default function FilterHelp() {
  const { t } = useTranslation();
  return (
    <Popover
      headerContent={t('filter.help')}
      headerComponent="h2"
      closeBtnAriaLabel={t('form.close')}
      minWidth="min(40rem, 95vw)"
      bodyContent={
        <DescriptionList isCompact isHorizontal horizontalTermWidthModifier={{ default: '8rem', md: '17rem' }}>
          {EXAMPLES.map(([example, meaning]) => (
            <DescriptionListGroup key={meaning}>
              <DescriptionListTerm>
                <code>{example}</code>
              </DescriptionListTerm>
              <DescriptionListDescription>{t(`filter.example.${meaning}`)}</DescriptionListDescription>
            </DescriptionListGroup>
          ))}
        </DescriptionList>
      }
    >
      <Button variant="plain" aria-label={t('filter.help')} title={t('filter.help')} icon={<QuestionCircleIcon />} />
    </Popover>
  );
}
