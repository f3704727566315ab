// One thing that is asked for, as the control that fits it.
import { Checkbox, FormGroup, FormHelperText, FormSelect, FormSelectOption, HelperText, TextArea, TextInput } from '@patternfly/react-core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { nameOf, type Field, type Value } from '../actions/action.ts';
import { flawOf } from '../actions/flaws.ts';
import { useName, useNamed } from '../api/names.ts';
import type { Collection, Vdi } from '../api/types.ts';
import { useAll } from '../api/useList.ts';
import { useFullName } from '../app/pools.tsx';
import { oneOf } from './filterText.ts';
import { Note } from './Note.tsx';
import { ObjectSearch } from './ObjectSearch.tsx';
import { PasswordInput } from './PasswordInput.tsx';
import { useStorageName } from './StorageName.tsx';
import { hostOf, type Need } from './storage.ts';
import { StorageSelect, useStorageWarning } from './StorageSelect.tsx';
import { bytes, GIB, unitOf } from './units.ts';

const OFFERED = 200;

interface Props {
  field: Field;
  value: Value;
  onChange: (value: Value) => void;
  /** Why the server did not take it. */
  refused?: string | undefined;
  /** What speaks against it, though it may be so. */
  warning?: string | undefined;
  /** Of storage and disks: what is needed of them. */
  need?: Need | undefined;
  /** Why it cannot be changed now. */
  fixed?: string | undefined;
}

export function FieldInput(props: Props) {
  if (props.field.is === 'mac') return <MacInput {...props} />;
  if (props.field.vbds && props.field.vbds.length > 0) return <DiskSizeInput {...props} vbds={props.field.vbds} />;
  return props.field.collection === 'srs' ? <StorageInput {...props} /> : <Input {...props} />;
}

function StorageInput(props: Props) {
  const warning = useStorageWarning(props.field.filter ?? '', String(props.value), props.need ?? {});
  return <Input {...props} warning={warning ?? props.warning} />;
}

/** Pools resize a disk only while it is disconnected. */
function DiskSizeInput({ vbds, ...props }: Props & { vbds: readonly string[] }) {
  const { t } = useTranslation();
  const isConnected = useAll('vbds', `${oneOf('id', vbds)} attached?`, ['id', 'attached']).rows.length > 0;
  return <Input {...props} fixed={isConnected ? t('disks.sizeConnected') : undefined} />;
}

/** Two devices with one address in one network hear nothing right. */
function MacInput(props: Props) {
  const { t } = useTranslation();
  const { field, value } = props;
  const mac = String(value).trim().toLowerCase();
  const isNew = mac !== '' && mac !== String(field.initial ?? '').toLowerCase() && flawOf(field, value) === undefined;
  const [other] = useAll('vifs', isNew ? `${field.filter ?? ''} MAC:/^${mac}$/i` : undefined, ['id', 'MAC', '$VM']).rows;
  const vm = useName('vms', other?.$VM);
  return <Input {...props} warning={other ? t('nics.taken', { vm: vm ?? '…' }) : undefined} />;
}

function Input({ field, value, onChange, refused, warning, need = {}, fixed }: Props) {
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
  const rule = field.kind === 'password' && field.least !== undefined && t('setup.passwordHelp', { count: field.least });
  const help = wrong ?? fixed ?? warning ?? (field.help ? t(field.help) : rule);
  const variant = wrong ? 'error' : warning ? 'warning' : undefined;
  return (
    <FormGroup label={field.kind === 'size' ? `${label} (${unitOf('Gi')})` : label} fieldId={id} isRequired={field.isRequired === true}>
      <Control {...{ field, value, id, need }} onChange={change} look={{ ...(help && { 'aria-describedby': `${id}-help` }), ...(variant && { validated: variant }), ...(fixed && { isDisabled: true }) }} />
      {help && (
        <FormHelperText>
          <HelperText id={`${id}-help`} isLiveRegion={variant !== undefined}>
            <Note variant={variant}>{help}</Note>
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
  isDisabled?: boolean;
}

interface ControlProps {
  field: Field;
  value: Value;
  onChange: (value: Value) => void;
  id: string;
  need: Need;
  look: Look;
}

function Control({ field, value, onChange, id, need, look }: ControlProps) {
  const { t } = useTranslation();
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
      return field.collection === 'srs' ? (
        <StorageSelect {...{ id, value: String(value), onChange, need, look }} filter={field.filter ?? ''} {...(!field.isRequired && { usual: t(field.empty ?? 'ask.nothing') })} />
      ) : (
        <ObjectSelect
          {...{ id, value: String(value), onChange, need }}
          collection={field.collection ?? 'vms'}
          filter={field.filter ?? ''}
          {...(!field.isRequired && { empty: t(field.empty ?? 'ask.nothing') })}
          {...(field.none && { none: t(field.none) })}
        />
      );
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
  need?: Need;
  /** What it is when none is chosen; without it, one must be. */
  empty?: string;
  /** What is said when there is none to choose. */
  none?: string;
}

/** What an offered object must tell to be told from others of its name. */
const OFFERED_FIELDS = ['id', 'name_label', '$pool'];
const OFFERED_FIELDS_OF: Partial<Record<Collection, string[]>> = {
  vdis: [...OFFERED_FIELDS, 'size', '$SR'],
};

export function ObjectSelect({ id, collection, filter, value, onChange, label, need = {}, empty, none }: ObjectSelectProps) {
  const { t } = useTranslation();
  const { rows, isOld, total } = useAll(collection, filter, OFFERED_FIELDS_OF[collection] ?? OFFERED_FIELDS, 'name_label', OFFERED);
  // Those of another pool are no choice, not even for a moment.
  const offered = isOld ? [] : rows;
  if (none !== undefined && !isOld && total === 0) return <output id={id}>{none}</output>;
  const hasManyPools = new Set(offered.map(({ $pool }) => $pool)).size > 1;
  return (
    <FormSelect id={id} value={value} onChange={(_, chosen) => onChange(chosen)} {...(label && { 'aria-label': label })}>
      <FormSelectOption value="" label={empty ?? t('ask.choose')} isPlaceholder />
      {offered.map((one) => {
        if (collection === 'vdis') return <VdiOption key={one.id} vdi={one as Vdi} need={need} />;
        return <Option key={one.id} object={one} isWithPool={hasManyPools} />;
      })}
    </FormSelect>
  );
}

function Option({ object, isWithPool, text }: { object: { id: string; name_label?: string | undefined; $pool: string }; isWithPool: boolean; text?: string }) {
  const fullName = useFullName();
  return <FormSelectOption value={object.id} label={text ?? (isWithPool ? fullName(object) : nameOf(object))} />;
}

/** With its size and its storage, since disks of different VMs often have the same name. */
function VdiOption({ vdi, need: { tie } }: { vdi: Vdi; need: Need }) {
  const { t } = useTranslation();
  const sr = useNamed('srs', vdi.$SR);
  const storage = useStorageName(sr);
  const host = useName('hosts', tie?.host);
  const what = { name: vdi.name_label, size: bytes(vdi.size) };
  const name = storage === undefined ? t('ask.sized', what) : t('ask.sizedOn', { ...what, storage });
  const only = sr && hostOf(sr);
  return <Option object={vdi} isWithPool={false} text={tie && only !== undefined && only !== tie.host ? t('storage.unreached', { name, host }) : name} />;
}
