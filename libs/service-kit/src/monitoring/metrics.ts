import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, metricsOf, SECONDS, type MetricDefinition, type MetricName, type MonitoredRole } from './catalogue.js';
import { boundLabels, type LabelBound } from './label-bound.js';

type NamesOf<Kind> = { [N in MetricName]: (typeof METRICS)[N]['kind'] extends Kind ? N : never }[MetricName];
/** The labels of a metric, all of them. */
export type LabelsOf<N extends MetricName> = Readonly<Record<(typeof METRICS)[N]['labels'][number], string>>;
/** One value of a gauge or counter that is read when it is asked for. */
export interface Sample<N extends MetricName> {
  readonly labels: LabelsOf<N>;
  readonly value: number;
}

/**
 * What a process counts. A metric that is not of its role is ignored, so that parts which several roles share need not
 * know who runs them. Label values are bounded: one that is no plain name, or one too many, is counted as `other`.
 */
export interface Metrics {
  count<N extends NamesOf<'counter'>>(name: N, labels: LabelsOf<N>, by?: number): void;
  /** Adds to a gauge, or takes away. */
  add<N extends NamesOf<'gauge'>>(name: N, labels: LabelsOf<N>, by: number): void;
  /** @param seconds of a duration */
  observe<N extends NamesOf<'histogram'>>(name: N, labels: LabelsOf<N>, seconds: number): void;
  /** Reads a metric whenever it is asked for; no samples: it is absent. What it throws leaves it absent. */
  read<N extends NamesOf<'gauge' | 'counter'>>(name: N, samples: () => readonly Sample<N>[]): void;
  /** Prometheus' text format, version 0.0.4. */
  text(): Promise<string>;
}

type Instrument = Counter | Gauge | Histogram;

/** A registry of the role's metrics, apart from any other in this process. */
export function createMetrics(role: MonitoredRole): Metrics {
  const registry = new Registry();
  const instruments = new Map<MetricName, Instrument>();
  const bounds = new Map<MetricName, LabelBound>();
  const readers = new Map<MetricName, () => readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]>();
  for (const name of metricsOf(role)) {
    instruments.set(name, createInstrument(registry, name));
    bounds.set(name, boundLabels());
  }
  const withLabels = <I extends Instrument>(name: MetricName, labels: Readonly<Record<string, string>>, use: (instrument: I, labels: Record<string, string>) => void): void => {
    const instrument = instruments.get(name);
    if (instrument !== undefined) use(instrument as I, bounds.get(name)?.(labels) ?? {});
  };
  const refresh = (): void => {
    for (const [name, samples] of readers) {
      const instrument = instruments.get(name);
      if (instrument === undefined) continue;
      instrument.reset();
      // Without labels it begins at 0 after a reset; one that has nothing to say is absent.
      if (METRICS[name].labels.length === 0) instrument.remove();
      for (const { labels, value } of attempt(samples)) withLabels<Counter | Gauge>(name, labels, (read, bounded) => { read.inc(bounded, value); });
    }
  };
  return {
    count: (name, labels, by = 1) => { withLabels<Counter>(name, labels, (counter, bounded) => { counter.inc(bounded, by); }); },
    add: (name, labels, by) => { withLabels<Gauge>(name, labels, (gauge, bounded) => { gauge.inc(bounded, by); }); },
    observe: (name, labels, seconds) => { withLabels<Histogram>(name, labels, (histogram, bounded) => { histogram.observe(bounded, seconds); }); },
    read: (name, samples) => { readers.set(name, samples); },
    text: async () => {
      refresh();
      return registry.metrics();
    },
  };
}

function createInstrument(registry: Registry, name: MetricName): Instrument {
  const { kind, help, labels }: MetricDefinition = METRICS[name];
  const settings = { name, help, labelNames: [...labels], registers: [registry] };
  switch (kind) {
    case 'counter':
      return new Counter(settings);
    case 'gauge':
      return new Gauge(settings);
    case 'histogram':
      return new Histogram({ ...settings, buckets: [...SECONDS] });
  }
}

/** A node that is not ready has nothing to say of what it lacks; that must not cost it its other metrics. */
function attempt<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch {
    return [];
  }
}
