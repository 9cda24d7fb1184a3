import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LABELS, METRICS, type MetricName } from './index.js';

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly w: number };
  readonly targets?: readonly Target[];
}

const file = fileURLToPath(new URL('../../../../docs/grafana/selvedge.json', import.meta.url));
const { panels } = JSON.parse(readFileSync(file, 'utf8')) as { panels: Panel[] };
const targets = panels.flatMap((panel) => panel.targets ?? []);
/** Labels that a scrape configuration gives, and those that Prometheus itself adds. */
const GIVEN = ['role', 'instance', 'job', 'le'];
const SERIES = /_(?:bucket|sum|count)$/;

const metricOf = (series: string): MetricName | undefined => {
  const name = Object.hasOwn(METRICS, series) ? series : series.replace(SERIES, '');
  if (!Object.hasOwn(METRICS, name)) return undefined;
  const { kind } = METRICS[name as MetricName];
  return (kind === 'histogram') === (name !== series) ? (name as MetricName) : undefined;
};
const seriesIn = (expr: string): string[] => expr.match(/\bselvedge_[a-z_]+/g) ?? [];

describe('the Grafana dashboard', () => {
  it('asks for metrics that exist, histograms by their series', () => {
    expect(targets.flatMap(({ expr }) => seriesIn(expr)).filter((series) => metricOf(series) === undefined)).toEqual([]);
  });

  it('shows every metric', () => {
    const shown = new Set(targets.flatMap(({ expr }) => seriesIn(expr).map(metricOf)));
    expect((Object.keys(METRICS) as MetricName[]).filter((name) => !shown.has(name))).toEqual([]);
  });

  it('groups and names by labels that the metrics have', () => {
    for (const { expr, legendFormat } of targets) {
      const has = new Set([...GIVEN, ...seriesIn(expr).flatMap((series) => METRICS[metricOf(series) as MetricName].labels as readonly string[])]);
      const used = [
        ...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(',').map((name) => name.trim())),
        ...[...expr.matchAll(/([a-z_]+)\s*(?:=~|!=|!~|=)\s*"/g)].map(([, name = '']) => name),
        ...[...legendFormat.matchAll(/\{\{([a-z_]+)\}\}/g)].map(([, name = '']) => name),
      ];
      expect(used.filter((name) => !has.has(name)), expr).toEqual([]);
    }
  });

  it('takes rates of counters alone, and names no label that a scrape configuration would give', () => {
    for (const { expr } of targets) {
      for (const [, series = ''] of expr.matchAll(/\b(?:rate|increase)\((selvedge_[a-z_]+)/g)) expect(METRICS[metricOf(series) as MetricName].kind, expr).not.toBe('gauge');
    }
    expect(Object.keys(LABELS).filter((label) => GIVEN.includes(label))).toEqual([]);
  });

  it('has panels with ids of their own, within the width', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { gridPos, title } of panels) expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
  });
});
