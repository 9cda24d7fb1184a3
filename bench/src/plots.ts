import { renderBars, renderLines, type Series } from './plot.js';
import type { ExperimentName, Measurement, Workload } from './points.js';
import { bytesText } from './side-text.js';

/** How an experiment's points lie on an x axis. */
interface Axis {
  readonly experiment: ExperimentName;
  readonly label: string;
  readonly x: (point: Measurement) => number;
  readonly text: (x: number) => string;
  readonly series: (point: Measurement) => string;
}

const AXES: readonly Axis[] = [
  { experiment: 'load', label: 'calls in flight', x: ({ inFlight }) => inFlight, text: String, series: (point) => `${point.subject}${point.loop === 'open' ? ', open loop' : ''}` },
  { experiment: 'batch', label: 'requests of a batch, at most', x: ({ batch }) => batch, text: String, series: () => 'Selvedge' },
  { experiment: 'values', label: 'size of a value', x: ({ valueBytes }) => valueBytes, text: bytesText, series: ({ subject }) => subject },
  { experiment: 'keys', label: 'keys in the state', x: ({ keys }) => keys, text: String, series: ({ subject }) => subject },
  { experiment: 'nodes', label: 'compute nodes', x: ({ computeNodes }) => computeNodes, text: String, series: ({ subject }) => subject },
];

const NAMES: Readonly<Record<Workload, string>> = { update: 'Updates', query: 'Queries', wait: 'Queries that wait 20 ms' };

/** Every plot that a run's points fill, as HTML. */
export function renderPlots(measurements: readonly Measurement[]): string {
  return [...AXES.flatMap((axis) => (['update', 'query', 'wait'] as const).flatMap((workload) => linesOf(measurements, axis, workload))), ...latencies(measurements), ...hotKey(measurements), ...cpuBars(measurements)].join('\n');
}

function linesOf(measurements: readonly Measurement[], axis: Axis, workload: Workload, y: (point: Measurement) => number = ({ perSecond }) => perSecond, what = 'per second'): string[] {
  const own = measurements.filter((point) => point.experiment === axis.experiment && point.workload === workload);
  const xs = [...new Set(own.map(axis.x))].sort((a, b) => a - b);
  // One place on the axis is a row of the table and no plot.
  if (xs.length < 2) return [];
  const names = [...new Set(own.map(axis.series))];
  const series = names.map((name): Series => ({ name, points: onePerPlace(own.filter((point) => axis.series(point) === name), axis.x).map((point) => ({ x: axis.text(axis.x(point)), y: y(point) })) }));
  return [renderLines({ title: `${NAMES[workload]}, ${what}, by ${axis.label}`, xLabel: axis.label, yLabel: what, xs: xs.map(axis.text), series })];
}

/** In order of x; what was measured at one place more than once, as the fewest keys are, stands there once. */
function onePerPlace(points: readonly Measurement[], x: Axis['x']): Measurement[] {
  return [...new Map(points.map((point) => [x(point), point])).values()].sort((a, b) => x(a) - x(b));
}

function latencies(measurements: readonly Measurement[]): string[] {
  const [load] = AXES;
  if (load === undefined) return [];
  return (['update', 'query'] as const).flatMap((workload) => linesOf(measurements, load, workload, ({ p50 }) => p50, 'p50 in ms'));
}

function hotKey(measurements: readonly Measurement[]): string[] {
  const bars = measurements.filter(({ experiment }) => experiment === 'hot').map((point) => ({ name: `${point.subject}, ${String(point.inFlight)} in flight`, parts: { 'committed per second': point.perSecond } }));
  return bars.length === 0 ? [] : [renderBars({ title: 'Updates on one key', xLabel: 'committed per second', bars })];
}

function cpuBars(measurements: readonly Measurement[]): string[] {
  return (['update', 'query'] as const).flatMap((workload) => {
    const own = measurements.filter((point) => point.experiment === 'load' && point.loop === 'closed' && point.workload === workload && point.calls > 0);
    const most = Math.max(...own.map(({ inFlight }) => inFlight));
    const bars = own.filter(({ inFlight }) => inFlight === most).map((point) => ({ name: point.subject, parts: point.cpu }));
    return bars.length === 0 ? [] : [renderBars({ title: `CPU of one ${workload}, by role, at ${String(most)} in flight`, xLabel: 'ms', bars })];
  });
}
