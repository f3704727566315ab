// From what the server tells of the use of an object to lines of charts. A value that nobody measured is `null`, and is drawn as a gap.
import type { TextKey } from '../../i18n.ts';

export type Points = (number | null)[];
/** Values by property, by device, or by direction and device. */
export type Stats = Record<string, unknown>;

export interface Answer {
  /** Seconds. */
  endTimestamp: number;
  /** Seconds between two points. */
  interval: number;
  stats: Stats;
}

export interface Line {
  name: string;
  points: Points;
}

export type Unit = 'percent' | 'bytes' | 'rate' | 'count';

export interface Panel {
  key: string;
  label: TextKey;
  unit: Unit;
  /** `devices` tells what an interface is called. */
  lines: (stats: Stats, devices?: NameOf) => Line[];
}

type NameOf = (device: string) => string;

const isPoints = (value: unknown): value is Points => Array.isArray(value);

/** The lines of one property: one, or one for each device below it. */
export function linesOf(value: unknown, name: string): Line[] {
  if (isPoints(value)) return [{ name, points: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => linesOf(below, name ? `${name} ${key}` : key));
}

/** `rx 0` and its like, with the name of the device. */
function named(lines: Line[], nameOf: NameOf = (device) => device): Line[] {
  return lines.map(({ name, points }) => ({ name: name.replace(/ (.*)$/, (_, device: string) => ` ${nameOf(device)}`), points }));
}

/** The times of the points, oldest first. */
export function timesOf({ endTimestamp, interval }: Answer, count: number): number[] {
  return Array.from({ length: count }, (_, i) => endTimestamp - (count - 1 - i) * interval);
}

/** One line of many: what is made of those values that were measured. */
function joined(lines: Line[], name: string, join: (known: number[]) => number): Line[] {
  const [first] = lines;
  if (!first) return [];
  const at = (i: number) => {
    const known = lines.map((line) => line.points[i]).filter((value): value is number => typeof value === 'number');
    return known.length > 0 ? join(known) : null;
  };
  return [{ name, points: first.points.map((_, i) => at(i)) }];
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** Many CPUs say more as one line. */
function averaged(lines: Line[], name: string): Line[] {
  return lines.length <= MANY ? lines : joined(lines, name, (known) => sum(known) / known.length);
}

/** A line for each direction, over all that it goes to. */
function summed(value: unknown, directions: readonly string[]): Line[] {
  const byDirection = (value ?? {}) as Record<string, unknown>;
  return directions.flatMap((direction) => joined(linesOf(byDirection[direction], ''), direction, sum));
}

const MANY = 8;

/** Use of memory is what is there without what is free. */
function used({ memory, memoryFree }: Stats): Line[] {
  if (!isPoints(memory)) return [];
  const points = memory.map((total, i) => {
    const free = isPoints(memoryFree) ? memoryFree[i] : undefined;
    return total === null || free === null || free === undefined ? null : total - free;
  });
  return [
    { name: 'total', points: memory },
    { name: 'used', points },
  ];
}

export const CPU: Panel = { key: 'cpu', label: 'stats.cpu', unit: 'percent', lines: (s) => averaged(linesOf(s.cpus, 'CPU'), 'CPU') };
export const MEMORY: Panel = { key: 'memory', label: 'stats.memory', unit: 'bytes', lines: used };
export const VM_PANELS: readonly Panel[] = [
  CPU,
  MEMORY,
  { key: 'network', label: 'stats.network', unit: 'rate', lines: (s, devices) => named(linesOf(s.vifs, ''), devices) },
  { key: 'disk', label: 'stats.disk', unit: 'rate', lines: (s) => named(linesOf(s.xvds, ''), (letter) => `xvd${letter}`) },
];
export const HOST_PANELS: readonly Panel[] = [
  CPU,
  MEMORY,
  { key: 'network', label: 'stats.network', unit: 'rate', lines: (s) => linesOf(s.pifs, '') },
  { key: 'disk', label: 'stats.disk', unit: 'rate', lines: ({ ioThroughput }) => summed(ioThroughput, ['r', 'w']) },
  { key: 'load', label: 'stats.load', unit: 'count', lines: (s) => linesOf(s.load, 'load') },
];
export const SR_PANELS: readonly Panel[] = [
  { key: 'throughput', label: 'stats.throughput', unit: 'rate', lines: (s) => linesOf(s.ioThroughput, '') },
  { key: 'iops', label: 'stats.iops', unit: 'count', lines: (s) => linesOf(s.iops, '') },
  { key: 'latency', label: 'stats.latency', unit: 'count', lines: (s) => linesOf(s.latency, '') },
];
