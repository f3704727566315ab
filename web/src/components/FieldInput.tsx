// One thing that is asked for, as the control that fits it.
import { Checkbox, FormGroup, FormHelperText, FormSelect, FormSelectOption, HelperText, HelperTextItem, TextArea, TextInput } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { nameOf, type Field, type Value } from '../actions/action.ts';
import { flawOf } from '../actions/flaws.ts';
import { useName } from '../api/names.ts';
import type { Collection, Sr, Vdi } from '../api/types.ts';
import { useAll } from '../api/useList.ts';
import { useFullName } from '../app/pools.tsx';
import { ObjectSearch } from './ObjectSearch.tsx';
import { PasswordInput } from './PasswordInput.tsx';
import { bytes, GIB } from './units.ts';

const OFFERED = 200;

interface Props {
  field: Field;
  value: Value;
  onChange: (value: Value) => void;
  /** Why the server did not take it. */
  refused?: string | undefined;
  /** What speaks against it, though it may be so. */
  warning?: string | undefined;
}

export function FieldInput({ field, value, onChange, refused, warning }: Props) {
  const { t } = useTranslation();
  // What nobody has touched yet is not called wrong.
  const [isTouched, setTouched] = useState(false);
  const id = `field-${field.name}`;
  const label = t(field.label);
  const change = (next: Value) => {
    setTouched(true);
    onChange(next);
  };
  if (field.kind === 'flag') return <Checkbox id={id} label={label} isChecked={value === true} onChange={(_, is) => change(is)} {...(field.help && { description: t(field.help) })} />;
  const flaw = isTouched ? flawOf(field, value) : undefined;
  const wrong = flaw ? String(t(flaw.key, flaw.with ?? {})) : refused && t('flaw.refused', { why: refused });
  const help = wrong ?? warning ?? (field.help && t(field.help));
  const variant = wrong ? 'error' : warning ? 'warning' : undefined;
  return (
    <FormGroup label={field.kind === 'size' ? `${label} (GiB)` : label} fieldId={id} isRequired={field.isRequired === true}>
      <Control {...{ field, value, id }} onChange={change} look={{ ...(help && { 'aria-describedby': `${id}-help` }), ...(variant && { validated: variant }) }} />
      {help && (
        <FormHelperText>
          <HelperText id={`${id}-help`} isLiveRegion={variant !== undefined}>
            <HelperTextItem variant={variant ?? 'default'}>{help}</HelperTextItem>
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  );
}

/** Whether the value is wrong, and where that is said. */
interface Look {
  validated?: 'error' | 'warning';
  'aria-describedby'?: string;
}

interface ControlProps {
  field: Field;
  value: Value;
  onChange: (value: Value) => void;
  id: string;
  look: Look;
}

function Control({ field, value, onChange, id, look }: ControlProps) {
  switch (field.kind) {
    case 'lines':
      return <TextArea id={id} value={String(value)} rows={5} resizeOrientation="vertical" onChange={(_, text) => onChange(text)} {...look} />;
    case 'password':
      return <PasswordInput id={id} {...(field.autoComplete && { autoComplete: field.autoComplete })} value={String(value)} onChange={(_, text) => onChange(text)} {...look} />;
    case 'number':
      return (
        <TextInput
          id={id}
          type="number"
          min={field.least ?? 0}
          {...(field.most !== undefined && { max: field.most })}
          value={String(value)}
          onChange={(_, text) => onChange(text === '' ? '' : Number(text))}
          {...look}
        />
      );
    case 'size':
      return <SizeInput {...{ id, value: Number(value), onChange, look }} />;
    case 'choice':
      return (
        <FormSelect id={id} value={value} onChange={(_, chosen) => onChange(chosen)} {...look}>
          {field.choices?.map(([one, text]) => (
            <FormSelectOption key={one} value={one} label={text} />
          ))}
        </FormSelect>
      );
    case 'object':
      return <ObjectSelect {...{ id, value: String(value), onChange }} collection={field.collection ?? 'vms'} filter={field.filter ?? ''} />;
    case 'search':
      return <ObjectSearch {...{ id, value: String(value), onChange }} />;
    default:
      return <TextInput id={id} value={String(value)} onChange={(_, text) => onChange(text)} {...look} />;
  }
}

interface SizeProps {
  id: string;
  value: number;
  onChange: (value: number) => void;
  label?: string;
  look?: Look;
}

/** Bytes, typed in GiB. */
export function SizeInput({ id, value, onChange, label, look }: SizeProps) {
  return (
    <TextInput
      id={id}
      type="number"
      min={0}
      step="any"
      value={value === 0 ? '' : String(Math.round((value / GIB) * 1000) / 1000)}
      onChange={(_, text) => onChange(Math.round(Number(text) * GIB))}
      {...(label && { 'aria-label': label })}
      {...look}
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

/** What an offered object must tell to be told from others of its name. */
const OFFERED_FIELDS = ['id', 'name_label', '$pool'];
const OFFERED_FIELDS_OF: Partial<Record<Collection, string[]>> = {
  srs: [...OFFERED_FIELDS, 'size', 'physical_usage', 'shared', '$container'],
  vdis: [...OFFERED_FIELDS, 'size', '$SR'],
};

export function ObjectSelect({ id, collection, filter, value, onChange, label }: ObjectSelectProps) {
  const { t } = useTranslation();
  const { rows, isOld } = useAll(collection, filter, OFFERED_FIELDS_OF[collection] ?? OFFERED_FIELDS, 'name_label', OFFERED);
  // Those of another pool are no choice, not even for a moment.
  const offered = isOld ? [] : rows;
  const hasManyPools = new Set(offered.map(({ $pool }) => $pool)).size > 1;
  return (
    <FormSelect id={id} value={value} onChange={(_, chosen) => onChange(chosen)} {...(label && { 'aria-label': label })}>
      <FormSelectOption value="" label={t('ask.choose')} isPlaceholder />
      {offered.map((one) => {
        if (collection === 'srs') return <SrOption key={one.id} sr={one as Sr} isWithPool={hasManyPools} />;
        if (collection === 'vdis') return <VdiOption key={one.id} vdi={one as Vdi} />;
        return <Option key={one.id} object={one} isWithPool={hasManyPools} />;
      })}
    </FormSelect>
  );
}

function Option({ object, isWithPool, text }: { object: { id: string; name_label?: string | undefined; $pool: string }; isWithPool: boolean; text?: string }) {
  const fullName = useFullName();
  return <FormSelectOption value={object.id} label={text ?? (isWithPool ? fullName(object) : nameOf(object))} />;
}

/** With its free space and, since each host may have a storage of the same name, with its host. */
function SrOption({ sr, isWithPool }: { sr: Sr; isWithPool: boolean }) {
  const { t } = useTranslation();
  const fullName = useFullName();
  const isLocal = !sr.shared && sr.$container !== sr.$pool;
  const host = useName('hosts', isLocal ? sr.$container : undefined);
  const name = isWithPool ? fullName(sr) : sr.name_label;
  const size = bytes(Math.max(0, sr.size - sr.physical_usage));
  return <Option object={sr} isWithPool={isWithPool} text={host === undefined ? t('ask.free', { name, size }) : t('ask.freeOn', { name, host, size })} />;
}

/** With its size and its storage, since disks of different VMs often have the same name. */
function VdiOption({ vdi }: { vdi: Vdi }) {
  const { t } = useTranslation();
  const storage = useName('srs', vdi.$SR);
  const what = { name: vdi.name_label, size: bytes(vdi.size) };
  return <Option object={vdi} isWithPool={false} text={storage === undefined ? t('ask.sized', what) : t('ask.sizedOn', { ...what, storage })} />;
}
