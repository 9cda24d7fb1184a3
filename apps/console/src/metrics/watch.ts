import type { MetricsView, RefusalsView } from '../api.js';
import { actionOf } from '../follow/refusal-view.js';
import type { MonitoredNode } from '../ports.js';
import { callTotals, quantileMs, refusalCounts, type CallTotals } from './calls.js';
import { scrape, type Scrape } from './scrape.js';

/** The network's metrics while somebody looks: scraped at an interval, kept for some minutes. */
export interface MetricsWatch {
  /** The newest scrape; takes one where there is none. */
  newest(): Promise<readonly Scrape[]>;
  plots(): Promise<MetricsView>;
  refusals(): Promise<RefusalsView['counted']>;
  close(): void;
}

interface Point {
  readonly at: number;
  /** By service. */
  readonly totals: ReadonlyMap<string, CallTotals>;
}

/** One point with all that it was taken from. */
interface Taken extends Point {
  readonly scrapes: readonly Scrape[];
}

const KEPT_POINTS = 150;
/** The services whose calls are plotted, as a request meets them. */
const PLOTTED = ['submitter', 'compute', 'business', 'endorser', 'sequencer', 'viewer'] as const;

/** @param options.isWatched scraping pauses while it is false */
export function watchMetrics({ nodes, isWatched, intervalMs, nowMs }: {
  readonly nodes: () => Promise<readonly MonitoredNode[]>;
  readonly isWatched: () => boolean;
  readonly intervalMs: number;
  readonly nowMs: () => number;
}): MetricsWatch {
  const points: Point[] = [];
  let newest: Taken | undefined;
  let running: Promise<Taken> | undefined;
  const take = (): Promise<Taken> => {
    running ??= (async () => {
      const scrapes = await scrape(await nodes());
      const taken = { at: nowMs(), scrapes, totals: totalsByService(scrapes) };
      newest = taken;
      points.push({ at: taken.at, totals: taken.totals });
      if (points.length > KEPT_POINTS) points.shift();
      return taken;
    })().finally(() => { running = undefined; });
    return running;
  };
  const timer = setInterval(() => {
    if (isWatched()) take().catch(() => undefined);
  }, intervalMs);
  timer.unref();
  const recent = async (): Promise<Taken> => (newest !== undefined && nowMs() - newest.at < 2 * intervalMs ? newest : take());
  return {
    newest: async () => (await recent()).scrapes,
    async plots() {
      const { at } = await recent();
      return { intervalMs, at, plots: plotsOf(points) };
    },
    refusals: async () => (await recent()).scrapes.flatMap(({ node, samples }) => [...refusalCounts(samples)].map(([code, count]) => ({ node, code, count, action: actionOf(code) }))),
    close: () => { clearInterval(timer); },
  };
}

function totalsByService(scrapes: readonly Scrape[]): ReadonlyMap<string, CallTotals> {
  const services = new Set(scrapes.map(({ service }) => service));
  return new Map([...services].map((service) => [service, callTotals(scrapes.filter((one) => one.service === service).flatMap(({ samples }) => samples))]));
}

/** Rates and times between each point and the one before; null where a node began anew or nothing was asked. */
export function plotsOf(points: readonly Pick<Point, 'at' | 'totals'>[]): MetricsView['plots'] {
  const present = PLOTTED.filter((service) => points.some(({ totals }) => totals.has(service)));
  const between = (read: (before: CallTotals, after: CallTotals, seconds: number) => number | null | undefined) =>
    present.map((label) => ({
      label,
      points: points.slice(1).map((point, i) => {
        const earlier = points[i];
        const [before, after] = [earlier?.totals.get(label), point.totals.get(label)];
        if (earlier === undefined || before === undefined || after === undefined || after.calls < before.calls) return null;
        return read(before, after, (point.at - earlier.at) / 1_000) ?? null;
      }),
    }));
  return [
    { title: 'Requests', unit: 'per second', series: between((before, after, seconds) => (after.calls - before.calls) / seconds) },
    { title: 'Time of half of the calls', unit: 'ms', series: between((before, after) => quantileMs(before, after, 0.5)) },
    { title: 'Time of 95 % of the calls', unit: 'ms', series: between((before, after) => quantileMs(before, after, 0.95)) },
    { title: 'Refused calls', unit: 'per second', series: between((before, after, seconds) => (after.refused - before.refused) / seconds) },
  ];
}
