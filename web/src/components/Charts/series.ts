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
  lines: (stats: Stats) => Line[];
}

const isPoints = (value: unknown): value is Points => Array.isArray(value);

/** The lines of one property: one, or one for each device below it. */
export function linesOf(value: unknown, name: string): Line[] {
  if (isPoints(value)) return [{ name, points: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => linesOf(below, name ? `${name} ${key}` : key));
}

/** The times of the points, oldest first. */
export function timesOf({ endTimestamp, interval }: Answer, count: number): number[] {
  return Array.from({ length: count }, (_, i) => endTimestamp - (count - 1 - i) * interval);
}

/** Many CPUs say more as one line. */
function averaged(lines: Line[], name: string): Line[] {
  const [first] = lines;
  if (!first || lines.length <= MANY) return lines;
  const mean = (i: number) => {
    const known = lines.map((line) => line.points[i]).filter((value): value is number => typeof value === 'number');
    return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
  };
  return [{ name, points: first.points.map((_, i) => mean(i)) }];
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
  { key: 'network', label: 'stats.network', unit: 'rate', lines: (s) => linesOf(s.vifs, '') },
  { key: 'disk', label: 'stats.disk', unit: 'rate', lines: (s) => linesOf(s.xvds, '') },
];
export const HOST_PANELS: readonly Panel[] = [
  CPU,
  MEMORY,
  { key: 'network', label: 'stats.network', unit: 'rate', lines: (s) => linesOf(s.pifs, '') },
  { key: 'load', label: 'stats.load', unit: 'count', lines: (s) => linesOf(s.load, 'load') },
];
export const SR_PANELS: readonly Panel[] = [
  { key: 'throughput', label: 'stats.throughput', unit: 'rate', lines: (s) => linesOf(s.ioThroughput, '') },
  { key: 'iops', label: 'stats.iops', unit: 'count', lines: (s) => linesOf(s.iops, '') },
  { key: 'latency', label: 'stats.latency', unit: 'count', lines: (s) => linesOf(s.latency, '') },
];
