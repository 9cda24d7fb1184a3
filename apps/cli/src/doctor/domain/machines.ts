import type { DoctorLimits, NodeFacts } from './facts.js';
import { errorOf, type Finding } from './findings.js';

const MIB = 1024n * 1024n;

/** Clocks that are further off than may be. */
export function checkClocks(nodes: readonly NodeFacts[], { maxSkewMs }: Pick<DoctorLimits, 'maxSkewMs'>): Finding[] {
  return nodes.flatMap(({ name, clock }) => {
    if (clock === undefined || Math.abs(clock.skewMs) <= maxSkewMs) return [];
    const seconds = String(Math.round(Math.abs(clock.skewMs) / 1_000));
    return [errorOf('CLOCK_SKEW', name, `its clock is at least ${seconds} s ${clock.skewMs > 0 ? 'ahead of' : 'behind'} this machine’s`)];
  });
}

/** File systems with too little room. */
export function checkDisks(nodes: readonly NodeFacts[], { minFreeBytes }: Pick<DoctorLimits, 'minFreeBytes'>): Finding[] {
  return nodes.flatMap(({ name, disks }) =>
    disks
      .filter(({ freeBytes }) => freeBytes < minFreeBytes)
      .map(({ path, freeBytes, totalBytes }) => errorOf('DISK_FULL', name, `${path}: ${String(freeBytes / MIB)} of ${String(totalBytes / MIB)} MiB are free, ${String(minFreeBytes / MIB)} wanted`)),
  );
}
