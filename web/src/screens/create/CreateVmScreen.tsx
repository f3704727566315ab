// A new VM, or several alike, on one page: what it is made from, what it has, and beside it what comes of it.
import { Button, Card, CardBody, CardTitle, Checkbox, EmptyState, EmptyStateBody, Form, FormGroup, FormSelect, FormSelectOption, Grid, GridItem, PageSection, TextInput, Title, ToggleGroup, ToggleGroupItem } from '@patternfly/react-core';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';

import type { Field, Value } from '../../actions/action.ts';
import { IMAGES } from '../../actions/devices.ts';
import { flawOf } from '../../actions/flaws.ts';
import { storageOf } from '../../actions/vms.ts';
import { send, type Call } from '../../api/http.ts';
import { useIsAdmin } from '../../api/permissions.ts';
import { problemOfTask } from '../../api/problem.ts';
import { tasks, useRunningTasks } from '../../api/tasks.ts';
import type { VmTemplate } from '../../api/types.ts';
import { useAll } from '../../api/useList.ts';
import { useMakerPools } from '../../app/pools.tsx';
import { toast, toastProblem } from '../../app/toasts.ts';
import { useTitle } from '../../app/useTitle.ts';
import { FieldInput, ObjectSelect, SizeInput } from '../../components/FieldInput.tsx';
import { containing, NOTHING, oneOf } from '../../components/filterText.ts';
import { outcomeOf } from '../../components/outcome.ts';
import type { Need } from '../../components/storage.ts';
import { useStorageName } from '../../components/StorageName.tsx';
import { StorageSelect } from '../../components/StorageSelect.tsx';
import { cloudFlawOf } from './cloudFlaw.ts';
import { callsOf, EMPTY, FIELDS, flawsOf, isFatal, namesOf, withoutFirst, withTemplate, type Disk, type Draft, type Source } from './draft.ts';
import { makeAll } from './makeAll.ts';
import { tieOfDisk } from './places.ts';
import { Summary } from './Summary.tsx';
import { useBroughtDisks } from './useBroughtDisks.ts';

const TEMPLATE_FIELDS = ['id', 'name_label', '$pool', 'CPUs', 'memory', 'template_info', '$VBDs', 'isDefaultTemplate', 'virtualizationMode', '$container'];
const SR_FIELDS = ['id', 'name_label', '$pool', 'size', 'physical_usage', 'shared', '$container'];
/** How the server calls the task that makes a VM. */
const MAKING = 'REST API: create VM';
const BARE = 'Other install media';
const GIVEN_GIB = 10;

export default function CreateVmScreen() {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [isSending, setSending] = useState(false);
  const isHere = useRef(false);
  useEffect(() => {
    isHere.current = true;
    return () => {
      isHere.current = false;
    };
  }, []);
  const [isNetworkGiven, setNetworkGiven] = useState(false);
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  useTitle(t('create.title'));

  const { pools, isKnown } = useMakerPools();
  const [firstPool] = pools;
  // The first pool is chosen, so that with one pool there is nothing to choose.
  if (!draft.pool && firstPool) change({ pool: firstPool.id });
  const within = draft.pool ? containing('$pool', draft.pool) : NOTHING;
  // What belongs to the pool that was chosen before is no choice, not even for a moment.
  const ofPool = <T extends { isOld: boolean; rows: readonly unknown[] }>({ isOld, rows }: T): T['rows'] => (isOld ? [] : rows);
  // Until a VM is made, pools call it a template.
  const inMaking = useRunningTasks().flatMap(({ properties: { name, params } }) => (name === MAKING ? [params?.name_label] : []));
  const templates = ofPool(useAll('vm-templates', within, TEMPLATE_FIELDS, 'name_label', 200)).filter((one) => one.isDefaultTemplate || !inMaking.includes(one.name_label));
  const networks = ofPool(useAll('networks', within, ['id', 'name_label', 'automatic', 'PIFs', '$pool']));
  const repositories = useAll('srs', `${within} ${IMAGES}`, ['id', 'name_label']).rows.map((sr) => sr.id);
  const srs = ofPool(useAll('srs', within, SR_FIELDS));
  const template = templates.find((one) => one.id === draft.template);
  const defaultSr = pools.find((pool) => pool.id === draft.pool)?.default_SR;
  const known = { srs, defaultSr, template };
  const usual = useStorageName(srs.find((sr) => sr.id === defaultSr));

  const firstNetwork = (networks.find((network) => network.automatic) ?? networks.find((network) => network.PIFs.length > 0) ?? networks[0])?.id;
  if (!isNetworkGiven && firstNetwork) {
    setNetworkGiven(true);
    change({ networks: [firstNetwork] });
  }
  const chooseSource = (source: Source) => {
    const disk: Disk = { name: t('create.firstDisk'), size: GIVEN_GIB * 2 ** 30, sr: '' };
    change({ source, template: '', disks: source === 'template' ? [] : [disk] });
  };
  // What is installed from scratch starts from the template that brings nothing, as soon as that is known.
  const bare = draft.source !== 'template' && !draft.template ? templates.find((one) => one.name_label === BARE) : undefined;
  if (bare) setDraft((old) => withTemplate(old, bare));
  const brought = useBroughtDisks(template);
  const flaws = flawsOf(draft, brought?.length);
  const cloud = cloudFlawOf(draft.cloudConfig);
  const isReady = !flaws.some(isFatal) && !isSending;

  const make = async () => {
    setSending(true);
    const names = namesOf(draft);
    const makeOne = async ([i, call]: [number, Call]) => {
      const name = names[i] ?? '';
      try {
        const { value } = await send<{ taskId: string }>(call);
        const task = await tasks.ended(value.taskId);
        if (outcomeOf(task) === 'stopped') {
          toast({ variant: 'info', title: t('create.stopped', { name }) });
          return null;
        }
        if (task.status !== 'success') throw problemOfTask(task.result);
        toast({ variant: 'success', title: t('create.made', { name }) });
        return { id: task.result?.id };
      } catch (error) {
        toastProblem(t('create.failed', { name }), error);
        return null;
      }
    };
    const made = await makeAll([...callsOf(draft).entries()], makeOne);
    setSending(false);
    if (made.length < names.length) {
      setDraft((now) => withoutFirst(now, made.length));
      return;
    }
    const [first] = made;
    // It may have taken minutes: who has gone elsewhere stays there.
    if (isHere.current) navigate(made.length === 1 && first?.id ? `/vms/${first.id}` : `/vms?filter=${encodeURIComponent(oneOf('name_label', names))}`);
  };

  if (isKnown && pools.length === 0) return <NoPool />;
  return (
    <PageSection isFilled>
      <Title headingLevel="h1" className="xo-tools">
        {t('create.title')}
      </Title>
      <Grid hasGutter>
        <GridItem lg={8}>
          <Form
            id="create"
            onSubmit={(event) => {
              event.preventDefault();
              if (isReady) void make();
            }}
          >
            <Part title={t('create.from')}>
              <FormGroup label={t('column.pool')} fieldId="create-pool">
                <FormSelect id="create-pool" value={draft.pool} onChange={(_, pool) => {
                    setDraft({ ...EMPTY, name: draft.name, pool });
                    setNetworkGiven(false);
                  }}>
                  {pools.map((pool) => (
                    <FormSelectOption key={pool.id} value={pool.id} label={pool.name_label} />
                  ))}
                </FormSelect>
              </FormGroup>
              <FormGroup label={t('create.source')} role="group">
                <ToggleGroup aria-label={t('create.source')}>
                  {(['template', 'iso', 'network'] as const).map((source) => (
                    <ToggleGroupItem key={source} text={t(`create.sources.${source}`)} isSelected={draft.source === source} onChange={() => chooseSource(source)} />
                  ))}
                </ToggleGroup>
              </FormGroup>
              <FormGroup label={t('create.template')} fieldId="create-template" isRequired>
                <TemplateSelect templates={templates} value={draft.template} onChange={(one) => setDraft(draft.source === 'template' ? withTemplate(draft, one) : { ...withTemplate(draft, one), disks: draft.disks })} />
              </FormGroup>
              {draft.source === 'iso' && (
                <FormGroup label={t('disks.image')} fieldId="create-iso" isRequired>
                  <ObjectSelect id="create-iso" collection="vdis" filter={repositories.length > 0 ? oneOf('$SR', repositories) : NOTHING} value={draft.iso} onChange={(iso) => change({ iso })} />
                </FormGroup>
              )}
            </Part>
            <Part title={t('create.what')}>
              <FieldInput field={FIELDS.name} value={draft.name} onChange={(name) => change({ name: String(name) })} />
              <FieldInput field={{ name: 'create-description', label: 'column.description', kind: 'text' }} value={draft.description} onChange={(text) => change({ description: String(text) })} />
              <Grid hasGutter sm={6}>
                <FieldInput field={FIELDS.cpus} value={draft.cpus} onChange={(cpus) => change({ cpus: Number(cpus) })} />
                <FieldInput field={FIELDS.memory} value={draft.memory} onChange={(memory) => change({ memory: Number(memory) })} />
                <FieldInput field={FIELDS.copies} value={draft.copies} onChange={(copies) => change({ copies: Number(copies) })} />
                <FieldInput field={FIELDS.first} value={draft.first} onChange={(first) => change({ first: Number(first) })} />
                <FieldInput
                  field={{ name: 'create-host', label: 'edit.affinity', kind: 'object', collection: 'hosts', filter: within, empty: 'edit.anyHost' }}
                  value={draft.host}
                  onChange={(host) => change({ host: String(host) })}
                />
                <FieldInput
                  field={{ name: 'create-firmware', label: 'summary.firmware', kind: 'choice', choices: [['', t('create.asTemplate')], ['bios', 'BIOS'], ['uefi', 'UEFI']] }}
                  value={draft.firmware}
                  onChange={(firmware) => change({ firmware: firmware as Draft['firmware'] })}
                />
              </Grid>
            </Part>
            <Part title={t('noun.vdis')}>
              {brought && brought.length > 0 && <p>{t('create.ownDisks', { count: brought.length })}</p>}
              {draft.disks.map((disk, i) => (
                <DiskFields
                  key={i}
                  index={i + 1}
                  disk={disk}
                  storage={draft.pool ? storageOf(draft.pool) : NOTHING}
                  need={{ tie: tieOfDisk(draft, known, i), room: disk.size * draft.copies }}
                  usual={usual ? t('storage.usual', { name: usual }) : t('storage.noDefault')}
                  onChange={(next) => change({ disks: draft.disks.map((old, at) => (at === i ? next : old)) })}
                  {...(disk.device === undefined && { onRemove: () => change({ disks: draft.disks.filter((_, at) => at !== i) }) })}
                />
              ))}
              <div>
                <Button variant="secondary" size="sm" onClick={() => change({ disks: [...draft.disks, { name: t('create.disk', { count: draft.disks.length + 1 }), size: GIVEN_GIB * 2 ** 30, sr: '' }] })}>
                  {t('disks.add')}
                </Button>
              </div>
            </Part>
            <Part title={t('nics.label')}>
              {draft.networks.map((network, i) => (
                <Grid key={i} hasGutter>
                  <GridItem span={8}>
                    <ObjectSelect
                      id={`create-network-${i}`}
                      label={t('create.interface', { count: i + 1 })}
                      collection="networks"
                      filter={within}
                      value={network}
                      onChange={(id) => change({ networks: draft.networks.map((old, at) => (at === i ? id : old)) })}
                    />
                  </GridItem>
                  <GridItem span={4}>
                    <Button variant="link" size="sm" onClick={() => change({ networks: draft.networks.filter((_, at) => at !== i) })}>
                      {t('nics.remove')}
                    </Button>
                  </GridItem>
                </Grid>
              ))}
              <div>
                <Button variant="secondary" size="sm" isDisabled={!firstNetwork} onClick={() => firstNetwork && change({ networks: [...draft.networks, firstNetwork] })}>
                  {t('nics.add')}
                </Button>
              </div>
            </Part>
            {draft.source === 'template' && (
              <Part title="cloud-init">
                <FieldInput field={{ name: 'create-cloud', label: 'create.cloud', kind: 'lines', help: 'create.cloudHelp' }} value={draft.cloudConfig} onChange={(text) => change({ cloudConfig: String(text) })} warning={cloud && t(`create.cloudFlaw.${cloud.flaw}`, { line: cloud.line })} />
                {draft.cloudConfig.trim() && (
                  <FieldInput field={{ name: 'create-net', label: 'create.net', kind: 'lines' }} value={draft.networkConfig} onChange={(text) => change({ networkConfig: String(text) })} />
                )}
              </Part>
            )}
            <Checkbox id="create-auto" label={t('summary.autoStart')} isChecked={draft.autoStart} onChange={(_, autoStart) => change({ autoStart })} />
            <Checkbox id="create-boot" label={t('create.boot')} isChecked={draft.boot} onChange={(_, boot) => change({ boot })} />
          </Form>
        </GridItem>
        <GridItem lg={4} className="xo-sticky">
          <Summary draft={draft} template={template} brought={brought ?? []} flaws={flaws} srs={srs} defaultSr={defaultSr}>
            <Button type="submit" form="create" isDisabled={!isReady} isLoading={isSending}>
              {t('create.button', { count: draft.copies })}
            </Button>
          </Summary>
        </GridItem>
      </Grid>
    </PageSection>
  );
}

/** There is no pool, or none that this user may make a VM in. */
function NoPool() {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  return (
    <PageSection isFilled>
      <EmptyState titleText={t(isAdmin ? 'create.noPool' : 'rights.noVm')} headingLevel="h1">
        <EmptyStateBody>{isAdmin ? <Link to="/servers">{t('servers.add')}</Link> : t('rights.noVmHelp')}</EmptyStateBody>
      </EmptyState>
    </PageSection>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card isCompact>
      <CardTitle component="h2">{title}</CardTitle>
      <CardBody className="xo-part">{children}</CardBody>
    </Card>
  );
}

function TemplateSelect({ templates, value, onChange }: { templates: readonly VmTemplate[]; value: string; onChange: (template: VmTemplate) => void }) {
  const { t } = useTranslation();
  return (
    <FormSelect
      id="create-template"
      value={value}
      onChange={(_, id) => {
        const chosen = templates.find((one) => one.id === id);
        if (chosen) onChange(chosen);
      }}
    >
      <FormSelectOption value="" label={t('ask.choose')} isPlaceholder />
      {/* Those that somebody made come first. */}
      {[...templates]
        .sort((a, b) => Number(a.isDefaultTemplate) - Number(b.isDefaultTemplate))
        .map((one) => (
          <FormSelectOption key={one.id} value={one.id} label={one.name_label} />
        ))}
    </FormSelect>
  );
}

interface DiskFieldsProps {
  index: number;
  disk: Disk;
  storage: string;
  need: Need;
  /** Where it lies when no storage is chosen. */
  usual: string;
  onChange: (disk: Disk) => void;
  onRemove?: () => void;
}

/** Marks a field; what is wrong with it is said beside, for all disks at once. */
const wrong = (field: Field, value: Value) => (flawOf(field, value) ? { validated: 'error' as const } : {});

function DiskFields({ index, disk, storage, need, usual, onChange, onRemove }: DiskFieldsProps) {
  const { t } = useTranslation();
  const of = (what: string) => `${what} ${index}`;
  return (
    <Grid hasGutter>
      <GridItem sm={3}>
        <TextInput aria-label={of(t('create.diskName'))} value={disk.name} onChange={(_, name) => onChange({ ...disk, name })} {...wrong(FIELDS.diskName, disk.name)} />
      </GridItem>
      <GridItem sm={2}>
        <SizeInput id={`create-size-${index}`} label={of(t('create.diskSize'))} value={disk.size} onChange={(size) => onChange({ ...disk, size })} look={wrong(FIELDS.disk, disk.size)} />
      </GridItem>
      <GridItem sm={5}>
        <StorageSelect id={`create-sr-${index}`} label={of(t('column.storage'))} {...{ need, usual }} filter={storage} value={disk.sr} onChange={(sr) => onChange({ ...disk, sr })} />
      </GridItem>
      <GridItem sm={2}>
        {onRemove && (
          <Button variant="link" size="sm" onClick={onRemove}>
            {t('nics.remove')}
          </Button>
        )}
      </GridItem>
    </Grid>
  );
}
