// Every inventory list, as data. A new column: one entry here. A new list: one inventory here; its route and its place in the
// navigation follow.
import { useName } from '../../api/names.ts';
import type { Collection, Sr, Vdi } from '../../api/types.ts';
import { pathOf } from '../../app/paths.ts';
import { usePoolName } from '../../app/pools.tsx';
import { Chip } from '../../components/Chip.tsx';
import { ObjectLink } from '../../components/ObjectLink.tsx';
import type { Column, Inventory } from '../../components/ObjectTable/inventory.ts';
import { QuickLink } from '../../components/QuickLink.tsx';
import { StateLabel } from '../../components/StateLabel.tsx';
import { hostOf } from '../../components/storage.ts';
import { bytes, isoTime, time } from '../../components/units.ts';
import { Usage } from '../../components/Usage.tsx';
import { wordOf } from '../../components/word.ts';

interface AnyObject {
  id: string;
  name_label: string;
  name_description: string;
  tags: string[];
  $pool: string;
}

function nameOf(collection: Collection): Column<AnyObject> {
  return {
    key: 'name',
    isMain: true,
    label: 'column.name',
    fields: ['name_label', '$pool'],
    sort: 'name_label',
    cell: (object) => <Name collection={collection} object={object} />,
  };
}

function Name({ collection, object: { id, name_label, $pool }, host }: { collection: Collection; object: AnyObject; host?: string | undefined }) {
  const path = pathOf(collection, id);
  const poolName = usePoolName();
  const place = [host, $pool === id ? undefined : poolName($pool)].filter(Boolean).join(' · ');
  return (
    <>
      {path ? (
        <QuickLink to={path} title={name_label}>
          {name_label}
        </QuickLink>
      ) : (
        name_label
      )}
      {/* For where there is no room for a column of its own. */}
      {place && <span className="xo-within">{place}</span>}
    </>
  );
}

/** Each host may have storage of the same name. */
function StorageCell({ sr }: { sr: Sr }) {
  const host = useName('hosts', hostOf(sr));
  return <Name collection="srs" object={sr} host={host} />;
}

const POOL: Column<AnyObject> = {
  key: 'pool',
  isExtra: 'in-one-pool',
  label: 'column.pool',
  fields: ['$pool'],
  sortThrough: '$pool.name_label',
  cell: ({ $pool }) => <ObjectLink collection="pools" id={$pool} />,
  plain: ({ $pool }) => ({ collection: 'pools', id: $pool }),
};

/** Of what is bound to one host, or to the pool as a whole. */
const HOST: Column<AnyObject & { $container: string }> = {
  key: 'host',
  label: 'column.host',
  fields: ['$container', '$pool'],
  sortThrough: '$container.type,$container.name_label',
  cell: ({ $container, $pool }) => ($container === $pool ? '–' : <ObjectLink collection="hosts" id={$container} />),
  plain: ({ $container, $pool }) => ($container === $pool ? '' : { collection: 'hosts', id: $container }),
};

const COMMON: Column<AnyObject>[] = [
  {
    key: 'tags',
    label: 'column.tags',
    fields: ['tags'],
    sort: 'tags',
    cell: ({ tags }) => tags.map((tag) => <Chip key={tag}>{tag}</Chip>),
    plain: ({ tags }) => tags.join(' '),
  },
  { key: 'description', label: 'column.description', fields: ['name_description'], sort: 'name_description', cell: (o) => o.name_description, isExtra: true },
];

export const VMS: Inventory<'vms'> = {
  collection: 'vms',
  label: 'noun.vms',
  defaultSort: 'name_label',
  fields: ['power_state', 'current_operations', 'blockedOperations', '$pool', '$container', '$VBDs'],
  columns: [
    nameOf('vms'),
    { key: 'state', isMain: true, label: 'column.state', fields: ['power_state'], sort: 'power_state', cell: (vm) => <StateLabel state={vm.power_state} /> },
    { key: 'address', label: 'column.address', fields: ['mainIpAddress'], sort: 'mainIpAddress', cell: (vm) => vm.mainIpAddress ?? '–' },
    { key: 'cpus', label: 'column.cpus', fields: ['CPUs'], sort: 'CPUs.number', cell: (vm) => vm.CPUs.number, plain: (vm) => vm.CPUs.number },
    { key: 'memory', unit: 'bytes', label: 'column.memory', fields: ['memory'], sort: 'memory.size', cell: (vm) => bytes(vm.memory.size), plain: (vm) => vm.memory.size },
    HOST,
    POOL,
    ...COMMON,
    { key: 'started', label: 'column.lastStarted', fields: ['startTime'], sort: 'startTime', cell: (vm) => time(vm.startTime), plain: (vm) => isoTime(vm.startTime), isExtra: true },
  ],
};

const HOSTS: Inventory<'hosts'> = {
  collection: 'hosts',
  label: 'noun.hosts',
  defaultSort: 'name_label',
  fields: ['$pool', 'power_state', 'enabled', 'multipathing', 'name_description'],
  columns: [
    nameOf('hosts'),
    { key: 'state', isMain: true, label: 'column.state', fields: ['power_state'], sort: 'power_state', cell: (host) => <StateLabel state={host.power_state} /> },
    { key: 'address', label: 'column.address', fields: ['address'], sort: 'address', cell: (host) => host.address },
    { key: 'cpus', label: 'column.cpus', fields: ['cpus'], sort: 'cpus.cores', cell: (host) => host.cpus.cores, plain: (host) => host.cpus.cores },
    { key: 'memory', unit: 'bytes', label: 'column.memory', fields: ['memory'], sort: 'memory.usage', cell: (host) => <Usage used={host.memory.usage} of={host.memory.size} />, plain: (host) => host.memory.usage },
    POOL,
    { key: 'version', label: 'column.version', fields: ['version', 'productBrand'], sort: 'version', cell: (host) => `${host.productBrand} ${host.version}`, plain: (host) => `${host.productBrand} ${host.version}` },
    ...COMMON,
  ],
};

const POOLS: Inventory<'pools'> = {
  collection: 'pools',
  label: 'noun.pools',
  defaultSort: 'name_label',
  fields: ['master', 'default_SR', 'auto_poweron', 'migrationCompression', 'name_description'],
  columns: [
    nameOf('pools'),
    { key: 'master', isMain: true, label: 'column.master', fields: ['master'], sortThrough: 'master.name_label', cell: (pool) => <ObjectLink collection="hosts" id={pool.master} />, plain: (pool) => ({ collection: 'hosts', id: pool.master }) },
    { key: 'cpus', label: 'column.cpus', fields: ['cpus'], sort: 'cpus.cores', cell: (pool) => pool.cpus.cores, plain: (pool) => pool.cpus.cores },
    ...COMMON,
  ],
};

const SRS: Inventory<'srs'> = {
  collection: 'srs',
  label: 'noun.srs',
  defaultSort: 'name_label',
  fields: ['$pool', 'content_type', 'name_description'],
  columns: [
    { ...nameOf('srs'), fields: ['name_label', '$pool', '$container', 'shared'], cell: (sr) => <StorageCell sr={sr} /> },
    { key: 'kind', label: 'column.kind', fields: ['SR_type'], sort: 'SR_type', cell: (sr) => wordOf('srKind', sr.SR_type) },
    { key: 'usage', isMain: true, unit: 'bytes', label: 'column.usage', fields: ['physical_usage', 'size'], sort: 'physical_usage', cell: (sr) => <Usage used={sr.physical_usage} of={sr.size} /> },
    HOST,
    POOL,
    ...COMMON,
  ],
};

const NETWORKS: Inventory<'networks'> = {
  collection: 'networks',
  label: 'noun.networks',
  defaultSort: 'name_label',
  fields: ['$pool', 'MTU', 'automatic', 'defaultIsLocked', 'name_description'],
  columns: [
    nameOf('networks'),
    { key: 'bridge', isMain: true, label: 'column.bridge', fields: ['bridge'], sort: 'bridge', cell: (network) => network.bridge },
    { key: 'mtu', label: 'column.mtu', fields: ['MTU'], sort: 'MTU', cell: (network) => network.MTU },
    POOL,
    ...COMMON,
  ],
};

const STORAGE: Column<Vdi> = { key: 'storage', label: 'column.storage', fields: ['$SR'], sortThrough: '$SR.name_label', cell: (vdi) => <ObjectLink collection="srs" id={vdi.$SR} />, plain: (vdi) => ({ collection: 'srs', id: vdi.$SR }) };

const VDIS: Inventory<'vdis'> = {
  collection: 'vdis',
  label: 'noun.vdis',
  defaultSort: 'name_label',
  fields: ['$pool', '$SR', '$VBDs', 'size', 'name_description'],
  columns: [
    nameOf('vdis'),
    { key: 'size', isMain: true, unit: 'bytes', label: 'column.size', fields: ['size'], sort: 'size', cell: (vdi) => bytes(vdi.size) },
    { key: 'usage', unit: 'bytes', label: 'column.usage', fields: ['usage'], sort: 'usage', cell: (vdi) => bytes(vdi.usage) },
    STORAGE,
    ...COMMON,
    POOL,
  ],
};

const TEMPLATES: Inventory<'vm-templates'> = {
  collection: 'vm-templates',
  label: 'noun.vm-templates',
  defaultSort: 'name_label',
  fields: ['$pool', 'isDefaultTemplate', 'name_description'],
  columns: [
    nameOf('vm-templates'),
    { key: 'cpus', label: 'column.cpus', fields: ['CPUs'], sort: 'CPUs.number', cell: (template) => template.CPUs.number, plain: (template) => template.CPUs.number },
    { key: 'memory', isMain: true, unit: 'bytes', label: 'column.memory', fields: ['memory'], sort: 'memory.size', cell: (template) => bytes(template.memory.size), plain: (template) => template.memory.size },
    POOL,
    ...COMMON,
  ],
};

const SNAPSHOTS: Inventory<'vm-snapshots'> = {
  collection: 'vm-snapshots',
  label: 'noun.vm-snapshots',
  defaultSort: '-snapshot_time',
  fields: ['$pool', '$snapshot_of', 'name_description'],
  columns: [
    nameOf('vm-snapshots'),
    { key: 'of', label: 'column.vm', fields: ['$snapshot_of'], sortThrough: '$snapshot_of.name_label', cell: (snapshot) => <ObjectLink collection="vms" id={snapshot.$snapshot_of} />, plain: (snapshot) => ({ collection: 'vms', id: snapshot.$snapshot_of }) },
    { key: 'taken', isMain: true, label: 'column.taken', fields: ['snapshot_time'], sort: 'snapshot_time', cell: (snapshot) => time(snapshot.snapshot_time), plain: (snapshot) => isoTime(snapshot.snapshot_time) },
    POOL,
    ...COMMON,
  ],
};

/** In the order of the navigation. */
export const INVENTORIES: readonly { collection: Collection; label: Inventory<Collection>['label'] }[] = [VMS, HOSTS, POOLS, SRS, NETWORKS, VDIS, TEMPLATES, SNAPSHOTS];

const BY_COLLECTION: { [C in Collection]?: Inventory<C> } = {
  vms: VMS,
  hosts: HOSTS,
  pools: POOLS,
  srs: SRS,
  networks: NETWORKS,
  vdis: VDIS,
  'vm-templates': TEMPLATES,
  'vm-snapshots': SNAPSHOTS,
};

export function inventoryOf<C extends Collection>(collection: C): Inventory<C> | undefined {
  return BY_COLLECTION[collection];
}
