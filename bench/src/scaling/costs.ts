import type { Measurement } from '../points.js';

/** CPU milliseconds of one part, all of its processes together. */
export interface Cost {
  /** Of each call. */
  readonly call: number;
  /** Of what is sent, ordered and committed together, however many calls it has. */
  readonly round: number;
}

export type Costs = Readonly<Record<string, Cost>>;
export type Point = Pick<Measurement, 'subject' | 'workload' | 'inFlight' | 'batch' | 'perSecond' | 'cpu'>;

/** How calls in flight travel: so many groups of so many calls, and calls that share the cost of a round. */
export interface Travel {
  readonly groups: number;
  readonly callsPerGroup: number;
  readonly shared: number;
}

/** Batches hold what they can; calls that are sent one by one meet in blocks, so all that are in flight share a round. */
export function travelOf({ inFlight, batch }: Pick<Point, 'inFlight' | 'batch'>): Travel {
  if (batch === 1) return { groups: inFlight, callsPerGroup: 1, shared: inFlight };
  const callsPerGroup = Math.min(inFlight, batch);
  return { groups: Math.ceil(inFlight / callsPerGroup), callsPerGroup, shared: callsPerGroup };
}

/** CPU milliseconds of one call that shares its round with others. */
export function costOf({ call, round }: Cost, shared: number): number {
  return call + round / shared;
}

/**
 * What is paid for each call and for each round, from two points of one subject and workload: the fewest and the most calls in flight.
 * Points between them are left to check the model with. Neither part is below zero.
 */
export function fitCosts(few: Point, many: Point): Costs {
  const [x, y] = [1 / travelOf(few).shared, 1 / travelOf(many).shared];
  return Object.fromEntries(
    Object.keys({ ...few.cpu, ...many.cpu }).map((part) => {
      const [a, b] = [few.cpu[part] ?? 0, many.cpu[part] ?? 0];
      if (x === y || a <= b) return [part, { call: b, round: 0 }];
      const round = (a - b) / (x - y);
      return [part, b - round * y < 0 ? { call: 0, round: b / y } : { call: b - round * y, round }];
    }),
  );
}
