import { fitCosts, travelOf, type Costs, type Point, type Travel } from './costs.js';
import { onManyMachines, onOneMachine, type Counts } from './layout.js';
import type { Measured } from './result-file.js';
import { simulate } from './simulate.js';

/** What a run's points say about one subject and workload. */
export interface Model {
  readonly subject: Point['subject'];
  readonly workload: Point['workload'];
  readonly batch: number;
  readonly costs: Costs;
  /** What a round takes besides CPU; includes BatchTimeout, the disk and the wait for a batch to fill. */
  readonly delayMs: number;
  /** By calls in flight, ascending; costs are from the first and the last, the delay from the first. */
  readonly points: readonly Point[];
}

/** One point as measured and as the model has it, all parts on the machine that was measured. */
export interface Comparison {
  readonly point: Point;
  readonly predicted: number;
  /** Of the measured rate. */
  readonly error: number;
  readonly use: 'delay and costs' | 'costs' | 'nothing';
}

/** What is predicted for machines that nobody measured. */
export interface Prediction {
  readonly perSecond: number;
  /** The station that works most, and the share of its time that it does. */
  readonly busiest: string;
  readonly utilisation: number;
  /** What limits it; a delay when no station works most of its time. */
  readonly bottleneck: string;
}

/** Above this share of its time a station counts as the bottleneck. */
const SATURATED = 0.9;

/** A model of each subject and workload that has points with at least two numbers of calls in flight. */
export function modelsOf({ points, counts, cores }: Measured): Model[] {
  const kinds = [...new Set(points.map(({ subject, workload, batch }) => `${subject} ${workload} ${String(batch)}`))];
  return kinds.flatMap((kind) => {
    const own = points.filter(({ subject, workload, batch }) => `${subject} ${workload} ${String(batch)}` === kind).sort((a, b) => a.inFlight - b.inFlight);
    const [few, many] = [own[0], own.at(-1)];
    if (few === undefined || many === undefined || few.inFlight === many.inFlight) return [];
    const costs = fitCosts(few, many);
    const worked = simulate(onOneMachine(costs, counts, travelOf(few), cores)).perSecond;
    // By Little's law a round takes calls in flight over calls per second.
    const delayMs = Math.max(0, (few.inFlight * 1_000) / few.perSecond - (few.inFlight * 1_000) / worked);
    return [{ subject: few.subject, workload: few.workload, batch: few.batch, costs, delayMs, points: own }];
  });
}

/** Sets the model against every point that it is of. */
export function compare({ points, costs, delayMs }: Model, { counts, cores }: Measured): Comparison[] {
  return points.map((point, i) => {
    const predicted = simulate({ ...onOneMachine(costs, counts, travelOf(point), cores), delayMs }).perSecond;
    return { point, predicted, error: predicted / point.perSecond - 1, use: i === 0 ? 'delay and costs' : i === points.length - 1 ? 'costs' : 'nothing' };
  });
}

/** @param wanted processes by part @param inFlight calls in flight, of all clients together */
export function predict({ costs, delayMs, batch }: Model, measured: Measured, wanted: Counts, inFlight: number, cores: number): Prediction {
  const travel: Travel = travelOf({ inFlight, batch });
  const { stations, ...rest } = onManyMachines(costs, measured.counts, wanted, travel, cores);
  const { perSecond, utilisation } = simulate({ stations, ...rest, delayMs });
  const most = utilisation.indexOf(Math.max(...utilisation));
  const busiest = stations[most]?.name.replace(/-\d+$/, '') ?? 'nothing';
  const share = utilisation[most] ?? 0;
  return { perSecond, busiest, utilisation: share, bottleneck: share >= SATURATED ? busiest : 'time of a round (more in flight)' };
}
