// One thing that is asked for, as the control that fits it.
import { Checkbox, FormGroup, FormHelperText, FormSelect, FormSelectOption, HelperText, HelperTextItem, TextArea, TextInput } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import type { Field, Value } from '../actions/action.ts';
import type { Collection, Sr } from '../api/types.ts';
import { useAll } from '../api/useList.ts';
import { bytes, GIB } from './units.ts';

const OFFERED = 200;

interface Props {
  field: Field;
  value: Value;
  onChange: (value: Value) => void;
}

export function FieldInput({ field, value, onChange }: Props) {
  const { t } = useTranslation();
  const id = `field-${field.name}`;
  const label = t(field.label);
  if (field.kind === 'flag') return <Checkbox id={id} label={label} isChecked={value === true} onChange={(_, is) => onChange(is)} {...(field.help && { description: t(field.help) })} />;
  return (
    <FormGroup label={field.kind === 'size' ? `${label} (GiB)` : label} fieldId={id} isRequired={field.isRequired === true}>
      <Control {...{ field, value, onChange, id }} />
      {field.help && (
        <FormHelperText>
          <HelperText>
            <HelperTextItem>{t(field.help)}</HelperTextItem>
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  );
}

function Control({ field, value, onChange, id }: Props & { id: string }) {
  switch (field.kind) {
    case 'lines':
      return <TextArea id={id} value={String(value)} rows={5} resizeOrientation="vertical" onChange={(_, text) => onChange(text)} />;
    case 'password':
      return <TextInput id={id} type="password" autoComplete={field.autoComplete ?? 'new-password'} value={String(value)} onChange={(_, text) => onChange(text)} />;
    case 'number':
      return <TextInput id={id} type="number" min={0} value={String(value)} onChange={(_, text) => onChange(Number(text))} />;
    case 'size':
      return <SizeInput {...{ id, value: Number(value), onChange }} />;
    case 'choice':
      return (
        <FormSelect id={id} value={value} onChange={(_, chosen) => onChange(chosen)}>
          {field.choices?.map(([one, text]) => (
            <FormSelectOption key={one} value={one} label={text} />
          ))}
        </FormSelect>
      );
    case 'object':
      return <ObjectSelect {...{ id, value: String(value), onChange }} collection={field.collection ?? 'vms'} filter={field.filter ?? ''} />;
    default:
      return <TextInput id={id} value={String(value)} onChange={(_, text) => onChange(text)} />;
  }
}

/** Bytes, typed in GiB. */
export function SizeInput({ id, value, onChange, label }: { id: string; value: number; onChange: (value: number) => void; label?: string }) {
  return (
    <TextInput
      id={id}
      type="number"
      min={0}
      step="any"
      value={value === 0 ? '' : String(Math.round((value / GIB) * 1000) / 1000)}
      onChange={(_, text) => onChange(Math.round(Number(text) * GIB))}
      {...(label && { 'aria-label': label })}
    />
  );
}

interface ObjectSelectProps {
  id: string;
  collection: Collection;
  filter: string;
  value: string;
  onChange: (id: string) => void;
  label?: string;
}

export function ObjectSelect({ id, collection, filter, value, onChange, label }: ObjectSelectProps) {
  const { t } = useTranslation();
  const { rows } = useAll(collection, filter, ['id', 'name_label', ...(collection === 'srs' ? ['size', 'physical_usage'] : [])], 'name_label', OFFERED);
  const text = (one: (typeof rows)[number]) => {
    if (collection !== 'srs') return one.name_label ?? one.id;
    const sr = one as Sr;
    return t('ask.free', { name: sr.name_label, size: bytes(Math.max(0, sr.size - sr.physical_usage)) });
  };
  return (
    <FormSelect id={id} value={value} onChange={(_, chosen) => onChange(chosen)} {...(label && { 'aria-label': label })}>
      <FormSelectOption value="" label={t('ask.choose')} isPlaceholder />
      {rows.map((one) => (
        <FormSelectOption key={one.id} value={one.id} label={text(one)} />
      ))}
    </FormSelect>
  );
}
