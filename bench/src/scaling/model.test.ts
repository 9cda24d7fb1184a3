import { describe, expect, it } from 'vitest';
import { costOf, fitCosts, travelOf, type Point } from './costs.js';
import { capacityOf } from './layout.js';
import { compare, modelsOf, predict } from './model.js';
import type { Measured } from './result-file.js';

const point = (inFlight: number, perSecond: number, cpu: Record<string, number>, batch = 64): Point => ({ subject: 'batched', workload: 'update', inFlight, batch, perSecond, cpu });
const measured = (points: Point[], ledger: Measured['ledger'] = 'embedded'): Measured => ({ ledger, arguments: [], cores: 2, counts: { peer: 6, endorser: 3, business: 3, 'policy-chaincode': 6 }, points });

describe('costs', () => {
  it('are what made the points, whatever lies between', () => {
    const costs = fitCosts(point(1, 10, { compute: 10, client: 2 }), point(64, 10, { compute: 2 + 8 / 64, client: 2 }));
    expect(costs.compute?.call).toBeCloseTo(2);
    expect(costs.compute?.round).toBeCloseTo(8);
    expect(costs.client).toEqual({ call: 2, round: 0 });
    expect(costOf({ call: 2, round: 8 }, 16)).toBe(2.5);
  });

  it('are never below zero', () => {
    expect(fitCosts(point(1, 1, { a: 100, b: 1 }), point(64, 1, { a: 0.5, b: 3 }))).toEqual({ a: { call: 0, round: 32 }, b: { call: 3, round: 0 } });
  });

  it('of a round are shared by a batch, or by all calls that are sent one by one', () => {
    expect(travelOf({ inFlight: 128, batch: 64 })).toEqual({ groups: 2, callsPerGroup: 64, shared: 64 });
    expect(travelOf({ inFlight: 8, batch: 64 })).toEqual({ groups: 1, callsPerGroup: 8, shared: 8 });
    expect(travelOf({ inFlight: 128, batch: 1 })).toEqual({ groups: 128, callsPerGroup: 1, shared: 128 });
  });
});

describe('the model', () => {
  it('meets the point that its delay is from, and predicts others without looking at their rates', () => {
    const points = [point(1, 5, { client: 1, compute: 10 }), point(8, 999, { client: 1, compute: 10 }), point(128, 60, { client: 1, compute: 10 })];
    const run = measured(points);
    const [model] = modelsOf(run);
    if (model === undefined) throw new Error('no model');
    expect(model.delayMs).toBeCloseTo(189);
    const compared = compare(model, run);
    expect(compared.map(({ use }) => use)).toEqual(['delay and costs', 'nothing', 'costs']);
    expect(compared[0]?.error).toBeCloseTo(0);
    expect(compared[1]?.predicted).toBeCloseTo(8_000 / (189 + 88));
    expect(compared[1]?.error).toBeCloseTo((compared[1]?.predicted ?? 0) / 999 - 1);
  });

  it('is absent where one number of calls in flight was measured', () => {
    expect(modelsOf(measured([point(128, 5, { client: 1 })]))).toEqual([]);
  });

  it('names what limits, and adds nodes only where they help', () => {
    const cpu = { client: 0.1, compute: 2, endorser: 3, business: 0.3 };
    const run = measured([point(1, 50, cpu), point(128, 50, cpu)]);
    const [model] = modelsOf(run);
    if (model === undefined) throw new Error('no model');
    const at = (compute: number, endorser = 3): ReturnType<typeof predict> => predict(model, run, { client: 8, compute, chaincode: compute, endorser, business: 3 }, 4_096, 4);
    expect(at(1)).toMatchObject({ bottleneck: 'compute' });
    expect(at(1).perSecond).toBeCloseTo(500, -1);
    expect(at(4)).toMatchObject({ bottleneck: 'endorser' });
    expect(at(4).perSecond).toBeCloseTo(1_000, -2);
    expect(at(8).perSecond).toBeCloseTo(1_000, -2);
    // Every endorser checks every update here: more of them carry no more.
    expect(at(8, 6).perSecond).toBeCloseTo(at(8).perSecond, -1);
  });

  it('says so when the time of a round limits and no station does', () => {
    const run = measured([point(1, 1, { client: 0.1, compute: 0.2 }), point(64, 60, { client: 0.1, compute: 0.2 })]);
    const [model] = modelsOf(run);
    if (model === undefined) throw new Error('no model');
    expect(predict(model, run, { client: 1, compute: 1 }, 64, 4)).toMatchObject({ bottleneck: 'time of a round (more in flight)', busiest: 'compute' });
  });

  it('shares endorsements among endorsers, gives each peer every update, and leaves the key broker beside', () => {
    const cpu = { peer: 6, 'endorsement-chaincode': 4, 'key-broker': 500 };
    const run = measured([point(1, 50, cpu), point(128, 50, cpu)], 'fabric');
    const [model] = modelsOf(run);
    if (model === undefined) throw new Error('no model');
    const endorsed = (endorsers: number): ReturnType<typeof predict> => predict(model, run, { 'endorsement-chaincode': endorsers, peer: 6, 'key-broker': 1 }, 4_096, 8);
    expect(endorsed(2)).toMatchObject({ bottleneck: 'endorsement-chaincode' });
    expect(endorsed(2).perSecond).toBeCloseTo(500, -2);
    expect(endorsed(4).perSecond).toBeGreaterThan(1.8 * endorsed(2).perSecond);
  });

  it('has capacities', () => {
    expect(capacityOf('compute', 2, {}, 8)).toBe(500);
    expect(capacityOf('business', 3, { business: 3 }, 8)).toBe(1_000);
    expect(capacityOf('peer', 6, { peer: 6 }, 4)).toBeCloseTo(2_800);
    expect(capacityOf('chaincode', 1, {}, 4)).toBe(3_000);
  });
});
