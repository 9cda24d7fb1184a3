import { renderOverload } from './overload/overload-report.js';
import { describeSide } from './side-text.js';
import { isReached, type Ratio } from './ratios.js';
import type { BenchResult } from './result.js';
import { number, refusals, table } from './tables.js';

/** The whole report as text. */
export function renderReport({ measurements, machine, versions, ledger, floor, ratios, memoryMiB, overload, method }: BenchResult): string {
  const parts = [...new Set(measurements.flatMap(({ cpu }) => Object.keys(cpu)))];
  return [
    `${machine.model}, ${String(machine.cores)} cores, ${String(machine.memoryGiB)} GiB, ${machine.system}; Node ${versions.node}, ${ledger === 'fabric' ? `Fabric ${versions.fabric ?? 'unknown'}` : 'embedded ledger'}`,
    '',
    ...table(
      ['experiment', 'subject', 'workload', 'at', 'offered/s', 'per s', 'p50 ms', 'p95 ms', 'calls', 'runs', 'refused'],
      measurements.map((point) => [point.experiment, point.subject, point.workload, describeSide(point), number(point.offeredPerSecond, 0), number(point.perSecond, 0), number(point.p50, 1), number(point.p95, 1), String(point.calls), String(point.runs), refusals(point.failures)]),
    ),
    '',
    'CPU per call, ms',
    ...table(
      ['experiment', 'subject', 'workload', 'at', ...parts, 'all'],
      measurements.map(({ experiment, subject, workload, cpu, ...side }) => [experiment, subject, workload, describeSide(side), ...parts.map((part) => number(cpu[part], 2)), number(Object.values(cpu).reduce((sum, ms) => sum + ms, 0), 2)]),
    ),
    '',
    'Crypto floor, CPU ms per request',
    ...Object.entries(floor).map(([name, ms]) => `  ${name.padEnd(22)} ${number(ms as number, 3)}`),
    '',
    `Memory at the end, MiB: ${Object.entries(memoryMiB).map(([name, size]) => `${name} ${size.toFixed(0)}`).join(', ')}`,
    '',
    ...(overload === undefined ? [] : [...renderOverload(overload), '']),
    'Ratios',
    ...renderRatios(ratios),
    '',
    'Method',
    method,
  ].join('\n');
}

/** A table of ratios, each with its aim and how it came about. */
export function renderRatios(ratios: readonly Ratio[]): string[] {
  if (ratios.length === 0) return ['  none: no comparison of this run has both sides of one'];
  return table(
    ['ratio', 'value', 'aim', '', 'runs', 'what'],
    ratios.map((ratio) => [ratio.name, `${ratio.value.toFixed(2)}${ratio.unit === undefined ? '' : ` ${ratio.unit}`}`, ratio.aim === undefined ? '–' : `${ratio.aim.bound} ${String(ratio.aim.value)}`, verdict(ratio), String(ratio.runs), ratio.method]),
  );
}

function verdict(ratio: Ratio): string {
  const reached = isReached(ratio);
  return reached === undefined ? '' : reached ? 'reached' : 'NOT reached';
}
