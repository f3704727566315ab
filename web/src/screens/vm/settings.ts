// Every setting of a VM that can be edited, as data. A new one: a row here and its text.
import type { Field, Value } from '../../actions/action.ts';
import { MOST_CPUS, MOST_MEMORY, XEN_SHORT } from '../../actions/flaws.ts';
import type { Host, Vm } from '../../api/types.ts';
import { wordOf, type Words } from '../../components/word.ts';
import type { TextKey } from '../../i18n.ts';

/** When a change takes effect: at once, when the VM starts next; or it cannot be made while the VM runs. */
export type When = 'now' | 'start' | 'halted';

export interface Setting {
  key: string;
  group: TextKey;
  when: When;
  /** How it is asked for; what it begins with comes from `read`. */
  field: Omit<Field, 'name' | 'choices'>;
  /** Of a choice: the values that it can have, and where their words are. */
  choices?: { words: Words; values: readonly string[] };
  /** How it is told, where its value says little. */
  tell?: (value: Value) => string;
  /** The most that it can be set to while the VM runs, where that is less. */
  mostRunning?: (vm: Vm) => number;
  /** How much of it a host has: more than any has is possible, but no VM starts with it. */
  hostHas?: (host: Host) => number;
  read: (vm: Vm) => Value;
  /** Members of the PATCH, or the request for what has another way. */
  write: (value: Value, vm: Vm) => Record<string, unknown> | { order: string };
}

const plain = (member: string) => (value: Value) => ({ [member]: value });
/** The empty text takes it away. */
const orNull = (member: string) => (value: Value) => ({ [member]: value === '' ? null : value });
const words = (value: Value) => [...new Set(String(value).split(/[\s,]+/).filter(Boolean))];

const cores = (host: Host) => host.cpus.cores;
const memory = (host: Host) => host.memory.size;

export const BLOCKABLE = ['start', 'clean_shutdown', 'hard_shutdown', 'clean_reboot', 'hard_reboot', 'suspend', 'pool_migrate', 'migrate_send', 'snapshot', 'clone', 'copy', 'export', 'destroy'] as const;

export const SETTINGS: readonly Setting[] = [
  { key: 'name', group: 'summary.general', when: 'now', field: { label: 'column.name', kind: 'text', isRequired: true }, read: (vm) => vm.name_label, write: plain('nameLabel') },
  { key: 'description', group: 'summary.general', when: 'now', field: { label: 'column.description', kind: 'text' }, read: (vm) => vm.name_description, write: plain('nameDescription') },
  { key: 'notes', group: 'summary.general', when: 'now', field: { label: 'edit.notes', kind: 'lines' }, read: (vm) => vm.notes ?? '', write: orNull('notes') },
  { key: 'tags', group: 'summary.general', when: 'now', field: { label: 'column.tags', kind: 'text', help: 'edit.tagsHelp' }, read: (vm) => vm.tags.join(' '), write: (value) => ({ tags: words(value) }) },
  { key: 'cpus', group: 'summary.hardware', when: 'now', field: { label: 'column.cpus', kind: 'number', least: 1, most: MOST_CPUS, isRequired: true, help: 'edit.cpusHelp' }, mostRunning: (vm) => vm.CPUs.max, hostHas: cores, read: (vm) => vm.CPUs.number, write: plain('cpus') },
  { key: 'cpusMax', group: 'summary.hardware', when: 'halted', field: { label: 'edit.cpusMax', kind: 'number', least: 1, most: MOST_CPUS, isRequired: true }, hostHas: cores, read: (vm) => vm.CPUs.max, write: plain('cpusStaticMax') },
  { key: 'cores', group: 'summary.hardware', when: 'start', field: { label: 'edit.cores', kind: 'number', least: 1, most: MOST_CPUS, help: 'edit.emptyIsDefault' }, read: (vm) => vm.coresPerSocket ?? '', write: orNull('coresPerSocket') },
  { key: 'weight', group: 'summary.hardware', when: 'now', field: { label: 'edit.weight', kind: 'number', least: 1, most: XEN_SHORT, help: 'edit.emptyIsDefault' }, read: (vm) => vm.cpuWeight ?? '', write: orNull('cpuWeight') },
  { key: 'cap', group: 'summary.hardware', when: 'now', field: { label: 'edit.cap', kind: 'number', most: XEN_SHORT, help: 'edit.emptyIsDefault' }, read: (vm) => vm.cpuCap ?? '', write: orNull('cpuCap') },
  { key: 'memory', group: 'summary.hardware', when: 'now', field: { label: 'column.memory', kind: 'size', least: 2 ** 24, most: MOST_MEMORY, isRequired: true, help: 'edit.memoryHelp' }, mostRunning: (vm) => vm.memory.static[1], hostHas: memory, read: (vm) => vm.memory.dynamic[1], write: plain('memory') },
  { key: 'memoryMax', group: 'summary.hardware', when: 'halted', field: { label: 'edit.memoryMax', kind: 'size', least: 2 ** 24, most: MOST_MEMORY, isRequired: true }, hostHas: memory, read: (vm) => vm.memory.static[1], write: plain('memoryStaticMax') },
  { key: 'nested', group: 'summary.hardware', when: 'halted', field: { label: 'edit.nested', kind: 'flag' }, read: (vm) => vm.expNestedHvm, write: plain('nestedVirt') },
  {
    key: 'firmware',
    group: 'edit.boot',
    when: 'start',
    field: { label: 'summary.firmware', kind: 'choice' },
    choices: { words: 'firmware', values: ['bios', 'uefi'] },
    read: (vm) => vm.boot.firmware ?? 'bios',
    write: plain('hvmBootFirmware'),
  },
  { key: 'secureBoot', group: 'edit.boot', when: 'start', field: { label: 'edit.secureBoot', kind: 'flag' }, read: (vm) => vm.secureBoot ?? false, write: plain('secureBoot') },
  { key: 'order', group: 'edit.boot', when: 'start', field: { label: 'edit.order', kind: 'text', help: 'edit.orderHelp', isRequired: true }, tell: (value) => [...String(value)].map((one) => wordOf('boot', one)).join(', '), read: (vm) => vm.boot.order ?? 'cdn', write: plain('order') },
  { key: 'vga', group: 'edit.boot', when: 'start', field: { label: 'edit.vga', kind: 'choice' }, choices: { words: 'vga', values: ['std', 'cirrus'] }, read: (vm) => vm.vga ?? 'cirrus', write: plain('vga') },
  { key: 'auto', group: 'summary.policy', when: 'now', field: { label: 'summary.autoStart', kind: 'flag' }, read: (vm) => vm.auto_poweron, write: plain('autoPoweron') },
  {
    key: 'ha',
    group: 'summary.policy',
    when: 'now',
    field: { label: 'summary.ha', kind: 'choice' },
    choices: { words: 'ha', values: ['', 'best-effort', 'restart'] },
    read: (vm) => vm.high_availability,
    write: plain('highAvailability'),
  },
  { key: 'delay', group: 'summary.policy', when: 'now', field: { label: 'edit.delay', kind: 'number', most: 604_800, isRequired: true }, read: (vm) => vm.startDelay, write: plain('startDelay') },
  { key: 'affinity', group: 'summary.policy', when: 'start', field: { label: 'edit.affinity', kind: 'object', collection: 'hosts', empty: 'edit.anyHost' }, read: (vm) => vm.affinityHost ?? '', write: orNull('affinityHost') },
];
