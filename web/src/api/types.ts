// Objects as the server sends them: those of their properties that the client reads. Sizes are bytes, times are seconds unless the name
// says otherwise. Reference: `/rest/v0/docs` of a running server.

export type PowerState = 'Running' | 'Halted' | 'Paused' | 'Suspended';

interface Common {
  id: string;
  type: string;
  uuid: string;
  name_label: string;
  name_description: string;
  tags: string[];
  $pool: string;
  /** By the id of the pool's task. */
  current_operations: Record<string, string>;
}

export interface Vm extends Common {
  power_state: PowerState;
  /** The host that it runs on or is bound to, else the pool. */
  $container: string;
  CPUs: { max: number; number: number };
  memory: { size: number; usage?: number; static: [number, number]; dynamic: [number, number] };
  addresses: Record<string, string>;
  mainIpAddress?: string;
  os_version: Record<string, string> | null;
  auto_poweron: boolean;
  blockedOperations: Record<string, string>;
  boot: { firmware?: string; order?: string };
  high_availability: string;
  startTime: number | null;
  installTime?: number | null;
  virtualizationMode: string;
  pvDriversVersion?: string;
  managementAgentDetected?: boolean;
  snapshots: string[];
  $VBDs: string[];
  VIFs: string[];
  secureBoot?: boolean;
  notes?: string;
  startDelay: number;
  vga?: string;
  videoram?: number;
  coresPerSocket?: number;
  cpuWeight?: number;
  cpuCap?: number;
  affinityHost?: string;
  expNestedHvm: boolean;
  viridian: boolean;
  /** The snapshot that it was last taken to or that was last taken. */
  parent?: string;
}

export interface Host extends Common {
  power_state: 'Running' | 'Halted' | 'Unknown';
  address: string;
  hostname: string;
  enabled: boolean;
  cpus: { cores: number; sockets: number };
  memory: { usage: number; size: number };
  version: string;
  productBrand: string;
  startTime: number | null;
  residentVms: string[];
  /** The VM that runs the host itself. */
  controlDomain?: string;
  build: string;
  iscsiIqn?: string;
  multipathing: boolean;
  CPUs: Record<string, string>;
  bios_strings: Record<string, string>;
}

export interface Pool extends Common {
  master: string;
  default_SR?: string;
  HA_enabled: boolean;
  auto_poweron: boolean;
  cpus: { cores: number; sockets: number };
  platform_version?: string;
  migrationCompression?: boolean;
}

export interface Sr extends Common {
  $container: string;
  SR_type: string;
  content_type: string;
  shared: boolean;
  size: number;
  physical_usage: number;
  usage: number;
  $PBDs: string[];
  allocationStrategy?: string;
}

export interface Network extends Common {
  bridge: string;
  MTU: number;
  PIFs: string[];
  VIFs: string[];
  automatic: boolean;
  defaultIsLocked: boolean;
  nbd?: boolean;
}

export interface Vdi extends Common {
  $SR: string;
  $VBDs: string[];
  size: number;
  usage: number;
  VDI_type: string;
  cbt_enabled?: boolean;
}

export interface VmTemplate extends Common {
  /** The only host that reaches its disks, else the pool. */
  $container: string;
  CPUs: { max: number; number: number };
  memory: { size: number };
  isDefaultTemplate: boolean;
  virtualizationMode: string;
  boot: { firmware?: string; order?: string };
  $VBDs: string[];
  VIFs: string[];
  template_info: { disks: { device: string; size: number; bootable: boolean; SR?: string; type?: string }[]; install_methods: string[] };
}

export interface VmSnapshot extends Common {
  $snapshot_of: string;
  /** Seconds. */
  snapshot_time: number;
  power_state: PowerState;
  parent?: string;
}

/** What joins two objects has no name of its own; a screen may give it one, so that actions on it tell what they are about. */
interface Device {
  id: string;
  type: string;
  uuid: string;
  $pool: string;
  name_label?: string;
  current_operations?: undefined;
}

/** A disk or a CD drive in a VM. */
export interface Vbd extends Device {
  attached: boolean;
  bootable: boolean;
  device: string | null;
  is_cd_drive: boolean;
  position: string;
  read_only: boolean;
  VDI?: string;
  VM: string;
}

/** An interface of a VM. */
export interface Vif extends Device {
  attached: boolean;
  device: string;
  MAC: string;
  MTU: number;
  lockingMode: string;
  allowedIpv4Addresses: string[];
  allowedIpv6Addresses: string[];
  rateLimit?: number;
  txChecksumming: boolean;
  $network: string;
  $VM: string;
}

/** Storage on a host. */
export interface Pbd extends Device {
  attached: boolean;
  host: string;
  SR: string;
  device_config: Record<string, string>;
}

/** An interface of a host. */
export interface Pif extends Device {
  attached: boolean;
  device: string;
  deviceName?: string;
  ip: string;
  mac: string;
  mode: string;
  mtu: number;
  management: boolean;
  carrier: boolean;
  vlan: number;
  speed?: number;
  $host: string;
  $network: string;
}

/** What each collection of the REST API holds; its key is the path. */
export interface Collections {
  vms: Vm;
  hosts: Host;
  pools: Pool;
  srs: Sr;
  networks: Network;
  vdis: Vdi;
  'vm-templates': VmTemplate;
  'vm-snapshots': VmSnapshot;
  vbds: Vbd;
  vifs: Vif;
  pbds: Pbd;
  pifs: Pif;
}
export type Collection = keyof Collections;

/** What subscriptions call the objects of a collection. */
export const TYPES: Record<Collection, string> = {
  vms: 'VM',
  hosts: 'host',
  pools: 'pool',
  srs: 'SR',
  networks: 'network',
  vdis: 'VDI',
  'vm-templates': 'VM-template',
  'vm-snapshots': 'VM-snapshot',
  vbds: 'VBD',
  vifs: 'VIF',
  pbds: 'PBD',
  pifs: 'PIF',
};

/** The collection that holds objects of a type, as tasks name them. */
export function collectionOf(type: string | undefined): Collection | undefined {
  return (Object.keys(TYPES) as Collection[]).find((collection) => TYPES[collection] === type);
}

/** Any object, where only what all of them have matters. */
export interface Named {
  id: string;
  name_label: string;
}

export interface NamedInPool extends Named {
  $pool: string;
  /** Of storage: where it is. */
  shared?: boolean;
  $container?: string;
}

export interface Task {
  id: string;
  status: 'pending' | 'success' | 'failure' | 'interrupted';
  /** Milliseconds. */
  start: number;
  end?: number;
  /** When somebody asked it to stop. */
  abortionRequestedAt?: number;
  /** `vmIds`: the VMs that the object belonged to. */
  properties: { name?: string; type?: string; vmIds?: string[]; objectId?: string; objectType?: string; objectName?: string; userId?: string; progress?: number; method?: string; params?: { id?: string; name?: string; name_label?: string; host?: string; label?: string } };
  /** Why it failed, or what it made. */
  result?: { message?: string; code?: string; params?: string[]; id?: string };
}

export interface ServerError {
  code: string;
  message: string;
  /** The certificate that was shown, where it was not believed. */
  presented?: string;
  /** Those that would have been; none where only an authority's would. */
  accepted?: string[];
}

/** A connection to a pool. Only administrators are told where it is and whose account is used. */
export interface Server {
  id: string;
  host: string;
  label?: string;
  httpProxy?: string;
  username: string;
  enabled: boolean;
  status: 'connected' | 'connecting' | 'disconnected';
  error?: ServerError;
  /** Since when it is so, in milliseconds. */
  since: number | null;
  /** When the pool was last heard of, in milliseconds. */
  lastEvent?: number;
  /** Milliseconds. */
  latency?: number;
  /** Of the accepted certificates, with spaces. */
  fingerprint?: string;
  poolId: string | null;
  poolNameLabel?: string;
}

export interface User {
  id: string;
  name: string;
  permission: 'none' | 'admin';
  groups: string[];
  preferences: Record<string, unknown>;
}

export interface Group {
  id: string;
  name: string;
  /** The ids of its members. */
  users: string[];
}

/** What an account may do with an object: see it, use it, change it. */
export type Permission = 'view' | 'operate' | 'administrate';

export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** An access entry. */
export interface Acl {
  id: string;
  /** The id of a user or of a group. */
  subject: string;
  object: string;
  /** Without one, nobody knows the object any more. */
  objectType?: string;
  /** A role, or a single permission that another client granted. */
  action: Role | Permission;
}

/** An authentication token as it is listed: without its secret. Times are in milliseconds. */
export interface Token {
  id: string;
  description?: string;
  created_at?: number;
  expiration: number;
  client?: { id?: string };
  last_uses?: Record<string, { timestamp: number }>;
}

/** The certificate that the server shows. Times are in milliseconds. */
export interface OwnCertificate {
  fingerprint: string;
  names: string[];
  notBefore: number;
  notAfter: number;
  selfSigned: boolean;
}

export interface SetupState {
  /** There is no administrator yet. */
  required: boolean;
  version: string;
  /** It runs in an appliance, which can be asked for its state and told its network. */
  appliance: boolean;
  /** `null` when the server speaks no TLS itself. */
  certificate: OwnCertificate | null;
  /** Whether there is a simulated pool, or can be: only while there is no pool. */
  lab: 'available' | 'running' | 'unavailable';
}
