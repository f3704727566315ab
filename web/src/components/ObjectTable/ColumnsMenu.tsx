// Which columns are shown.
import { MenuToggle, Select, SelectList, SelectOption } from '@patternfly/react-core';
import ColumnsIcon from '@patternfly/react-icons/dist/esm/icons/columns-icon';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { TextKey } from '../../i18n.ts';

interface Props {
  all: readonly { key: string; label: TextKey }[];
  shown: readonly string[];
  onChange: (shown: readonly string[]) => void;
}

export function ColumnsMenu({ all, shown, onChange }: Props) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <Select
      role="menu"
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={(_, key) => {
        const chosen = all.map((column) => column.key).filter((one) => shown.includes(one) !== (one === key));
        if (chosen.length > 0) onChange(chosen);
      }}
      toggle={(ref) => (
        <MenuToggle ref={ref} variant="plain" isExpanded={isOpen} onClick={() => setOpen(!isOpen)} aria-label={t('table.columns')} icon={<ColumnsIcon />} />
      )}
    >
      <SelectList>
        {all.map(({ key, label }) => (
          <SelectOption key={key} value={key} hasCheckbox isSelected={shown.includes(key)}>
            {t(label)}
          </SelectOption>
        ))}
      </SelectList>
    </Select>
  );
}
