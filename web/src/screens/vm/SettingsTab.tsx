// The settings of a VM, each edited where it stands; what takes effect later says so.
import {
  AlertActionLink,
  Button,
  Card,
  CardBody,
  CardTitle,
  Checkbox,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  Flex,
  Form,
  Gallery,
  Label,
} from '@patternfly/react-core';
import PencilAltIcon from '@patternfly/react-icons/dist/esm/icons/pencil-alt-icon';
import { useEffect, useRef, useState, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';

import type { Field, Value } from '../../actions/action.ts';
import { flawOf } from '../../actions/flaws.ts';
import { patch, send } from '../../api/http.ts';
import { useMay } from '../../api/permissions.ts';
import type { Vm } from '../../api/types.ts';
import { useAll } from '../../api/useList.ts';
import { toast, toastProblem } from '../../app/toasts.ts';
import { Alert } from '../../components/Alert.tsx';
import { FieldInput } from '../../components/FieldInput.tsx';
import { containing } from '../../components/filterText.ts';
import { ObjectLink } from '../../components/ObjectLink.tsx';
import { bytes } from '../../components/units.ts';
import { choicesOf, wordOf } from '../../components/word.ts';
import { YesNo } from '../../components/YesNo.tsx';
import { BLOCKABLE, SETTINGS, type Setting } from './settings.ts';

export default function SettingsTab({ object: vm }: { object: Vm }) {
  const { t } = useTranslation();
  const mayEdit = useMay([vm.id])?.(vm.id, 'administrate') === true;
  const groups = [...new Set(SETTINGS.map((setting) => setting.group))];
  return (
    <Gallery hasGutter minWidths={{ default: '100%', md: '26rem' }}>
      {groups.map((group) => (
        <Card key={group} isCompact>
          <CardTitle component="h2">{t(group)}</CardTitle>
          <CardBody>
            <DescriptionList isHorizontal isCompact>
              {SETTINGS.filter((setting) => setting.group === group).map((setting) => (
                <Row key={setting.key} vm={vm} setting={setting} mayEdit={mayEdit} />
              ))}
            </DescriptionList>
          </CardBody>
        </Card>
      ))}
      <Card isCompact>
        <CardTitle component="h2">{t('edit.blocked')}</CardTitle>
        <CardBody>
          <Blocked vm={vm} mayEdit={mayEdit} />
        </CardBody>
      </Card>
    </Gallery>
  );
}

async function save(vm: Vm, setting: Setting, value: Value) {
  const changes = setting.write(value, vm);
  if (setting.key === 'order') await send({ method: 'POST', path: `/vms/${vm.id}/actions/set_boot_order`, query: { sync: true }, body: changes });
  else await patch(`/vms/${vm.id}`, changes);
}

function Row({ vm, setting, mayEdit }: { vm: Vm; setting: Setting; mayEdit: boolean }) {
  const { t } = useTranslation();
  const [value, setValue] = useState<Value>();
  // What it was when somebody began to edit it: when it is something else by now, another one changed it meanwhile.
  const [base, setBase] = useState<Value>();
  const now = setting.read(vm);
  const isOvertaken = value !== undefined && base !== now && value !== now;
  const [isSaving, setSaving] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useLedFocus(place, value !== undefined);
  const label = t(setting.field.label);
  const isOff = vm.power_state === 'Halted';
  const field: Field = {
    ...setting.field,
    name: setting.key,
    ...(setting.choices && { choices: choicesOf(setting.choices.words, setting.choices.values) }),
    ...(setting.field.kind === 'object' && { filter: containing('$pool', vm.$pool) }),
    ...(!isOff && setting.mostRunning && { most: setting.mostRunning(vm) }),
  };
  const tooMuch = useTooMuch(vm, setting, value);
  const keep = async () => {
    if (value === undefined) return;
    setSaving(true);
    try {
      await save(vm, setting, value);
      toast({ variant: 'success', title: t('edit.saved', { setting: label }) });
      setValue(undefined);
    } catch (error) {
      toastProblem(t('edit.failed', { setting: label }), error);
    }
    setSaving(false);
  };
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{label}</DescriptionListTerm>
      <DescriptionListDescription>
        <div ref={place}>
          {value === undefined ? (
            <Flex spaceItems={{ default: 'spaceItemsSm' }}>
              <Shown vm={vm} setting={setting} />
              {!isOff && setting.when !== 'now' && (
                <Label isCompact color={setting.when === 'start' ? 'blue' : 'grey'}>
                  {t(`edit.when.${setting.when}`)}
                </Label>
              )}
              {mayEdit && (
                <Button
                  variant="plain"
                  size="sm"
                  icon={<PencilAltIcon />}
                  isDisabled={setting.when === 'halted' && !isOff}
                  aria-label={t('edit.edit', { setting: label })}
                  onClick={() => {
                    setValue(now);
                    setBase(now);
                  }}
                />
              )}
            </Flex>
          ) : (
            <Form
              onSubmit={(event) => {
                event.preventDefault();
                void keep();
              }}
              onKeyDown={(event) => {
                if (event.key !== 'Escape' || isSaving) return;
                event.stopPropagation();
                setValue(undefined);
              }}
            >
              <FieldInput field={field} value={value} onChange={setValue} warning={tooMuch} />
              {isOvertaken && (
                <Alert
                  isInline
                  variant="warning"
                  title={t('edit.overtaken')}
                  actionLinks={
                    <>
                      <AlertActionLink onClick={() => setValue(undefined)}>{t('edit.takeTheirs')}</AlertActionLink>
                      <AlertActionLink onClick={() => setBase(now)}>{t('edit.keepMine')}</AlertActionLink>
                    </>
                  }
                >
                  {t('edit.theirs')} <Shown vm={vm} setting={setting} />
                </Alert>
              )}
              <Flex spaceItems={{ default: 'spaceItemsSm' }}>
                <Button type="submit" size="sm" isLoading={isSaving} isDisabled={isSaving || isOvertaken || flawOf(field, value) !== undefined}>
                  {t('edit.save')}
                </Button>
                <Button size="sm" variant="link" onClick={() => setValue(undefined)}>
                  {t('confirm.cancel')}
                </Button>
              </Flex>
            </Form>
          )}
        </div>
      </DescriptionListDescription>
    </DescriptionListGroup>
  );
}

/** Says so when it is more than any host of the pool has. */
function useTooMuch(vm: Vm, { hostHas, field }: Setting, value: Value | undefined): string | undefined {
  const { t } = useTranslation();
  const { rows } = useAll('hosts', hostHas && value !== undefined ? containing('$pool', vm.$pool) : undefined, ['id', 'cpus', 'memory']);
  if (!hostHas || rows.length === 0) return undefined;
  const most = Math.max(...rows.map(hostHas));
  if (Number(value) <= most) return undefined;
  return t('edit.tooMuch', { most: field.kind === 'size' ? bytes(most) : most });
}

/** Leads the focus to the field when editing begins and, when that took it away, back to the button that began it. */
function useLedFocus(place: RefObject<HTMLElement | null>, isEditing: boolean) {
  const wasEditing = useRef(isEditing);
  useEffect(() => {
    if (wasEditing.current === isEditing) return;
    wasEditing.current = isEditing;
    if (isEditing) place.current?.querySelector<HTMLElement>('input, select, textarea')?.focus();
    else if (document.activeElement === document.body) place.current?.querySelector('button')?.focus();
  }, [place, isEditing]);
}

function Shown({ vm, setting }: { vm: Vm; setting: Setting }) {
  const value = setting.read(vm);
  if (setting.tell) return <span>{setting.tell(value)}</span>;
  if (setting.choices) return <span>{wordOf(setting.choices.words, String(value))}</span>;
  switch (setting.field.kind) {
    case 'flag':
      return (
        <span>
          <YesNo is={value === true} />
        </span>
      );
    case 'size':
      return <span>{bytes(Number(value))}</span>;
    case 'object':
      return <span>{value && setting.field.collection ? <ObjectLink collection={setting.field.collection} id={String(value)} /> : '–'}</span>;
    default:
      return <span>{value === '' ? '–' : String(value)}</span>;
  }
}

function Blocked({ vm, mayEdit }: { vm: Vm; mayEdit: boolean }) {
  const { t } = useTranslation();
  const block = (operation: string, is: boolean) =>
    patch(`/vms/${vm.id}`, { blockedOperations: { [operation]: is ? true : null } }).catch((error: unknown) =>
      toastProblem(t('edit.failed', { setting: t('edit.blocked') }), error),
    );
  return (
    <>
      {BLOCKABLE.map((operation) => (
        <Checkbox
          key={operation}
          id={`block-${operation}`}
          label={wordOf('operation', operation)}
          isChecked={operation in vm.blockedOperations}
          isDisabled={!mayEdit}
          onChange={(_, is) => void block(operation, is)}
        />
      ))}
    </>
  );
}
