// How busy hosts are together, from what each of their CPUs last was.

export interface Measured {
  cores: number;
  /** Percent by CPU, oldest first; gaps are `null`. */
  cpus: Record<string, (number | null)[]> | undefined;
}

/** A share from 0 to 1, each host counted by its cores; `undefined` when nothing was measured. */
export function loadOf(hosts: readonly Measured[]): number | undefined {
  let busy = 0;
  let cores = 0;
  for (const host of hosts) {
    const last = Object.values(host.cpus ?? {}).flatMap((points) => points.findLast((point) => point !== null) ?? []);
    if (last.length === 0) continue;
    busy += (host.cores * last.reduce((sum, percent) => sum + percent, 0)) / last.length / 100;
    cores += host.cores;
  }
  return cores > 0 ? busy / cores : undefined;
}
