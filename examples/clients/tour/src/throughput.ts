import type { Trader } from './houses.js';
import { percentile } from './pool.js';
import { say } from './print.js';

const UPDATES_IN_FLIGHT = 24;
const QUERIES_IN_FLIGHT = 24;

/** Measures updates and then queries for some seconds each; returns the number of queries answered. */
export async function showThroughput(traders: readonly Trader[], seconds: number): Promise<number> {
  // Each lane changes stones of its own, so that no two updates touch the same one.
  const lanes = Array.from({ length: UPDATES_IN_FLIGHT }, (_, lane) => {
    const trader = traders[lane % traders.length] as Trader;
    const stride = Math.ceil(UPDATES_IN_FLIGHT / traders.length);
    const own = trader.stones.filter((_stone, index) => index >= 3 && index % stride === Math.floor(lane / traders.length));
    return { trader, own };
  });
  await measure('private updates', seconds, UPDATES_IN_FLIGHT, async (lane, turn) => {
    const { trader, own } = lanes[lane] as (typeof lanes)[number];
    const stone = own[turn % own.length];
    if (stone === undefined) throw new Error('too few stones');
    await trader.contract.submit('SetPrice', { arguments: [stone.id], transientData: { price: String(stone.price + turn + 1) } });
  });
  return measure('private queries', seconds, QUERIES_IN_FLIGHT, async (lane, turn) => {
    const trader = traders[lane % traders.length] as Trader;
    const stone = trader.stones[3 + ((lane * 31 + turn * 7) % (trader.stones.length - 3))];
    if (stone === undefined) throw new Error('too few stones');
    await trader.contract.evaluateTransaction('PriceOf', stone.id);
  });
}

async function measure(what: string, seconds: number, inFlight: number, call: (lane: number, turn: number) => Promise<void>): Promise<number> {
  const latencies: number[] = [];
  const started = performance.now();
  const end = started + seconds * 1_000;
  const lane = async (number: number): Promise<void> => {
    for (let turn = 0; performance.now() < end; turn += 1) {
      const from = performance.now();
      await call(number, turn);
      latencies.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, number) => lane(number)));
  const perSecond = latencies.length / ((performance.now() - started) / 1_000);
  say(`   ${what.padEnd(16)} ${perSecond.toFixed(0).padStart(5)}/s at ${String(inFlight)} in flight, p50 ${percentile(latencies, 0.5).toFixed(1)} ms, p95 ${percentile(latencies, 0.95).toFixed(1)} ms`);
  return latencies.length;
}
