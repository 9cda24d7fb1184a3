import { byPart, type CountedProcess } from './accounting.js';
import type { CryptoFloor } from './crypto-floor.js';
import type { Measurement, SubjectName, Workload } from './report.js';

/** What the points of one run say when they are set against each other. */
export function ratiosOf(measurements: readonly Measurement[], processes: readonly CountedProcess[], floor: CryptoFloor): Record<string, number> {
  const closed = (subject: SubjectName, workload: Workload): Measurement[] => measurements.filter((point) => point.subject === subject && point.workload === workload && point.loop === 'closed');
  const cpu = (point: Measurement | undefined, part: string): number => (point === undefined ? Number.NaN : (byPart(point.cpu, processes)[part] ?? Number.NaN));
  const [update, query] = [closed('selvedge', 'update'), closed('selvedge', 'query')];
  const ratios: Record<string, number> = {
    updateComputeCpuOverFloor: cpu(update.at(-1), 'compute') / floor.computeUpdate,
    queryComputeCpuOverFloor: cpu(query.at(-1), 'compute') / floor.computeQuery,
  };
  const plain = closed('plain', 'update');
  for (const [workload, ours, theirs] of [['update', update, plain], ['query', query, closed('plain', 'query')]] as const) {
    for (const point of ours) {
      const other = theirs.find(({ inFlight }) => inFlight === point.inFlight);
      if (other !== undefined) ratios[`${workload}PerSecondAt${String(point.inFlight)}`] = point.perSecond / other.perSecond;
    }
  }
  for (const workload of ['update', 'query'] as const) {
    for (const point of closed('batched', workload)) {
      const other = closed('selvedge', workload).find(({ inFlight }) => inFlight === point.inFlight);
      if (other !== undefined) ratios[`${workload}BatchedAt${String(point.inFlight)}`] = point.perSecond / other.perSecond;
    }
  }
  for (const workload of ['update', 'query'] as const) {
    for (const point of closed('batched', workload)) {
      const other = closed('plain', workload).find(({ inFlight }) => inFlight === point.inFlight);
      if (other !== undefined) ratios[`${workload}BatchedOverPlainAt${String(point.inFlight)}`] = point.perSecond / other.perSecond;
    }
  }
  const [one, plainOne] = [update, plain].map((points) => points.find(({ inFlight }) => inFlight === 1));
  if (one !== undefined && plainOne !== undefined) ratios.updateP50AddedMsAt1 = one.p50 - plainOne.p50;
  // Of a workload that was not measured nothing is said.
  return Object.fromEntries(Object.entries(ratios).filter(([, ratio]) => !Number.isNaN(ratio)));
}
