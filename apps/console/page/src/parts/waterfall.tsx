import type { JSX } from 'preact';
import type { Call } from './calls.js';

/** Calls of one request, one below the other, each where it lies in time. */
export function Waterfall({ calls, totalMs }: { readonly calls: readonly Call[]; readonly totalMs: number }): JSX.Element {
  const end = Math.max(totalMs, 1, ...calls.map(({ startMs, durationMs }) => startMs + durationMs));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Hops, table">
      <table class="waterfall">
        <thead><tr><th scope="col">Hop</th><th scope="col">Call</th><th scope="col" class="number">Time</th><th scope="col" class="number">At the callee</th><th scope="col" class="bar-head">0 to {end.toFixed(0)} ms</th></tr></thead>
        <tbody>
          {calls.map(({ id, name, caller, callee, startMs, durationMs, servedMs, code, depth }) => (
            <tr key={id}>
              <th scope="row" class={`depth-${String(Math.min(depth, 3))}`}>{caller === '' ? '' : `${caller} → `}{callee}</th>
              <td><span class="mono">{name}</span>{code === 'OK' ? '' : <> <strong class="code">{code}</strong></>}</td>
              <td class="number">{durationMs.toFixed(1)} ms</td>
              <td class="number">{servedMs === undefined ? '' : `${servedMs.toFixed(1)} ms`}</td>
              <td class="bar-cell">
                <svg viewBox="0 0 300 14" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="track" x="0" y="6" width="300" height="2" />
                  <rect class={code === 'OK' ? 'span' : 'span bad'} x={Math.max(0, (startMs / end) * 300)} y="1" width={Math.max(2, (durationMs / end) * 300)} height="12" rx="2" />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
