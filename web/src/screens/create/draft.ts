// A VM as it is being described, and the requests that make it: no I/O, no React.
import type { Field } from '../../actions/action.ts';
import { flawOf, MOST_CPUS, MOST_DISK, MOST_MEMORY } from '../../actions/flaws.ts';
import type { Call } from '../../api/http.ts';
import type { VmTemplate } from '../../api/types.ts';

export type Source = 'template' | 'iso' | 'network';

export interface Disk {
  name: string;
  size: number;
  /** Empty: the pool's default. */
  sr: string;
  /** Set for a disk of the template. */
  device?: string;
}

export interface Draft {
  pool: string;
  source: Source;
  template: string;
  iso: string;
  name: string;
  description: string;
  cpus: number;
  memory: number;
  disks: Disk[];
  networks: string[];
  host: string;
  firmware: '' | 'bios' | 'uefi';
  autoStart: boolean;
  boot: boolean;
  cloudConfig: string;
  networkConfig: string;
  copies: number;
  first: number;
}

export const EMPTY: Draft = {
  pool: '',
  source: 'template',
  template: '',
  iso: '',
  name: '',
  description: '',
  cpus: 1,
  memory: 2 ** 30,
  disks: [],
  networks: [],
  host: '',
  firmware: '',
  autoStart: false,
  boot: true,
  cloudConfig: '',
  networkConfig: '',
  copies: 1,
  first: 1,
};

/** What is shown of absurd numbers has an end. */
const MOST_NAMES = 1000;

type Copies = Pick<Draft, 'name' | 'copies' | 'first'>;

const patternOf = ({ name, copies }: Copies) => (name.includes('{i}') || copies < 2 ? name : `${name}-{i}`);

/** The names of all copies: `{i}` is their number; without it, several are numbered at the end. */
export function namesOf({ name, copies, first }: Copies): string[] {
  const pattern = patternOf({ name, copies, first });
  return Array.from({ length: Math.max(0, Math.min(copies, MOST_NAMES)) }, (_, i) => pattern.replaceAll('{i}', String(first + i)));
}

/** What is left when the first few copies are made: those keep their names. */
export function withoutFirst(draft: Draft, made: number): Draft {
  return made === 0 ? draft : { ...draft, name: patternOf(draft), copies: draft.copies - made, first: draft.first + made };
}

/** What a template brings along. */
export function withTemplate(draft: Draft, template: VmTemplate): Draft {
  const planned = template.template_info.disks.map((disk, i) => ({ name: `${template.name_label} ${i}`, size: disk.size, sr: '', device: disk.device }));
  return { ...draft, template: template.id, cpus: template.CPUs.number, memory: template.memory.size, disks: planned.length > 0 || template.$VBDs.length > 0 ? planned : draft.disks };
}

const NAME: Field = { name: 'create-name', label: 'column.name', kind: 'text', isRequired: true, help: 'create.nameHelp' };
/** The fields that have limits, as the page asks for them. */
export const FIELDS = {
  name: NAME,
  cpus: { name: 'create-cpus', label: 'column.cpus', kind: 'number', isRequired: true, least: 1, most: MOST_CPUS },
  memory: { name: 'create-memory', label: 'column.memory', kind: 'size', isRequired: true, least: 2 ** 24, most: MOST_MEMORY },
  copies: { name: 'create-copies', label: 'create.copies', kind: 'number', isRequired: true, least: 1, most: 50 },
  first: { name: 'create-first', label: 'create.firstNumber', kind: 'number', most: 1_000_000 },
  disk: { name: 'create-size', label: 'column.size', kind: 'size', isRequired: true, most: MOST_DISK },
  diskName: { ...NAME, name: 'create-disk' },
} as const satisfies Record<string, Field>;

export type Flaw = 'pool' | 'template' | 'iso' | 'name' | 'cpus' | 'memory' | 'disk' | 'copies' | 'first' | 'nothingToBoot';

/** What is wrong or missing, in the order of the page. `brought`: how many disks the template has, once that is known. */
export function flawsOf(draft: Draft, brought: number | undefined): Flaw[] {
  const flaws: Flaw[] = [];
  if (!draft.pool) flaws.push('pool');
  if (!draft.template) flaws.push('template');
  if (draft.source === 'iso' && !draft.iso) flaws.push('iso');
  // As it will be, with the number of the copy.
  const longest = namesOf({ ...draft, copies: Math.min(draft.copies, 50) }).at(-1) ?? draft.name;
  if (flawOf(FIELDS.name, draft.name) ?? flawOf(FIELDS.name, longest)) flaws.push('name');
  if (flawOf(FIELDS.cpus, draft.cpus)) flaws.push('cpus');
  if (flawOf(FIELDS.memory, draft.memory)) flaws.push('memory');
  if (draft.disks.some((disk) => flawOf(FIELDS.disk, disk.size) ?? flawOf(FIELDS.diskName, disk.name))) flaws.push('disk');
  if (flawOf(FIELDS.copies, draft.copies)) flaws.push('copies');
  if (flawOf(FIELDS.first, draft.first)) flaws.push('first');
  if (draft.source === 'template' && draft.disks.length === 0 && brought === 0) flaws.push('nothingToBoot');
  return flaws;
}

/** A network is no reason not to make it; the others are. */
export const isFatal = (flaw: Flaw) => flaw !== 'nothingToBoot';

export function callsOf(draft: Draft): Call[] {
  return namesOf(draft).map((name) => ({ method: 'POST', path: `/pools/${draft.pool}/actions/create_vm`, body: bodyOf(draft, name) }));
}

function bodyOf(draft: Draft, name: string): Record<string, unknown> {
  const { source } = draft;
  return {
    template: draft.template,
    name_label: name,
    ...(draft.description && { name_description: draft.description }),
    cpus: draft.cpus,
    memory: draft.memory,
    vdis: draft.disks.map((disk) => ({
      size: disk.size,
      name_label: disk.name,
      ...(disk.sr && { sr: disk.sr }),
      ...(disk.device !== undefined && { userdevice: disk.device }),
    })),
    vifs: draft.networks.map((network) => ({ network })),
    ...(draft.host && { affinity: draft.host }),
    ...(draft.firmware && { hvmBootFirmware: draft.firmware }),
    ...(draft.autoStart && { autoPoweron: true }),
    ...(source === 'iso' && { install: { method: 'cdrom', repository: draft.iso } }),
    ...(source === 'network' && { install: { method: 'network', repository: 'pxe' } }),
    ...(source === 'template' && draft.cloudConfig.trim() && { cloud_config: draft.cloudConfig.replaceAll('{name}', name) }),
    ...(source === 'template' && draft.networkConfig.trim() && { network_config: draft.networkConfig }),
    boot: draft.boot,
  };
}
