import type { JSX } from 'preact';
import type { MetricsView } from '../../../src/api.js';
import { usePolled } from '../hooks.js';
import { Plot } from '../parts/plot.js';
import { RefusalNote } from '../parts/refusal-note.js';

const PAUSE_MS = 2_000;

export function MetricsPage(): JSX.Element {
  const { value, refusal } = usePolled<MetricsView>('metrics', PAUSE_MS);
  return (
    <>
      <h1>Load and time</h1>
      <p class="quiet">Calls that carry requests, at each role, from the processes’ metrics. They are read while somebody is signed in, and kept for five minutes.</p>
      {refusal !== undefined && <RefusalNote refusal={refusal} />}
      {value === undefined ? <p class="quiet" role="status">Reading metrics …</p> : <div class="plots">{value.plots.map((plot) => <Plot key={plot.title} plot={plot} intervalMs={value.intervalMs} />)}</div>}
    </>
  );
}
