import { number, refusals, table } from '../tables.js';
import type { Moment, OverloadResult } from './measure-overload.js';
import { summarisePhase } from './phases.js';

/** Rows that the overload is cut into. */
const ROWS = 10;

/** The course of an overload, its refusals, and what every process held, as text. */
export function renderOverload(result: OverloadResult): string[] {
  const { workload, batch, gateways, capacityPerSecond, overload, recoverySeconds, memory, queues, died, mostOutstanding } = result;
  return [
    `Overload: ${workload}s, ${batch === 1 ? 'one by one' : `in batches of up to ${String(batch)}`}, over ${String(gateways)} gateways; capacity ${number(capacityPerSecond, 0)}/s`,
    ...table(['from s', 'to s', 'offered/s', 'succeeded/s', 'p50 ms', 'p95 ms', 'memory MiB', 'queued', 'refused'], rowsOf(result).map(courseRow)),
    `  refused of those offered in the overload: ${refusals(overload.refused)}`,
    `  as before ${recoverySeconds === undefined ? 'not again' : `${String(recoverySeconds)} s after it`}; most calls under way in the generator: ${String(mostOutstanding)}; processes that died: ${died.length === 0 ? 'none' : died.join(', ')}`,
    '',
    'Overload, by process: highest memory in the first and last stretch and when all was over, MiB; what ran or waited',
    ...table(
      ['process', 'first', 'last', 'after', 'most queued', 'queued after'],
      memory.map(({ process, firstMiB, lastMiB, afterMiB }) => [process, number(firstMiB, 0), number(lastMiB, 0), number(afterMiB, 0), number(queues[process]?.most, 0), number(queues[process]?.after, 0)]),
    ),
  ];
}

/** Before, the overload in parts, and after. */
function rowsOf({ moments, overload }: OverloadResult): (readonly Moment[])[] {
  const step = Math.max(1, Math.ceil(overload.seconds / ROWS));
  const part = (from: number, to: number): Moment[] => moments.filter(({ second }) => second >= from && second < to);
  const during = Array.from({ length: Math.ceil(overload.seconds / step) }, (_, i) => part(i * step, Math.min(overload.seconds, (i + 1) * step)));
  return [part(-Infinity, 0), ...during, part(overload.seconds, Infinity)].filter(({ length }) => length > 0);
}

function courseRow(moments: readonly Moment[]): string[] {
  const { offeredPerSecond, acceptedPerSecond, p50, p95, refused } = summarisePhase(moments);
  const memory = Math.max(...moments.flatMap(({ memoryMiB }) => memoryMiB ?? []));
  const queued = Math.max(...moments.flatMap((moment) => (moment.queued === undefined ? [] : Object.values(moment.queued).reduce((sum, depth) => sum + depth, 0))));
  const [first, last] = [moments[0]?.second ?? 0, moments.at(-1)?.second ?? 0];
  return [String(first), String(last + 1), number(offeredPerSecond, 0), number(acceptedPerSecond, 0), number(p50, 0), number(p95, 0), number(memory, 0), number(queued, 0), refusals(refused)];
}
