import type { JSX } from 'preact';
import type { PlotView } from '../../../src/api.js';

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [520, 180, 46, 22, 10];
const STEPS = 4;

/** Lines over time, newest on the right. The newest values stand beside it as text. */
export function Plot({ plot: { title, unit, series }, intervalMs }: { readonly plot: PlotView; readonly intervalMs: number }): JSX.Element {
  const count = Math.max(...series.map(({ points }) => points.length), 2);
  const top = niceTop(Math.max(0, ...series.flatMap(({ points }) => points.map((value) => value ?? 0))));
  const x = (i: number): number => LEFT + (i / (count - 1)) * (WIDTH - LEFT - 6);
  const y = (value: number): number => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP);
  const seconds = Math.round(((count - 1) * intervalMs) / 1_000);
  return (
    <figure class="plot">
      <figcaption>{title} <span class="quiet">{unit}</span></figcaption>
      <svg viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`} role="img" aria-label={`${title}, ${unit}, over ${String(seconds)} seconds; the newest values follow as text`}>
        {Array.from({ length: STEPS + 1 }, (_, i) => (top * i) / STEPS).map((value) => (
          <g key={value}>
            <line class="grid" x1={LEFT} x2={WIDTH - 6} y1={y(value)} y2={y(value)} />
            <text class="tick" x={LEFT - 6} y={y(value) + 4} text-anchor="end">{shortNumber(value)}</text>
          </g>
        ))}
        <text class="tick" x={LEFT} y={HEIGHT - 5}>{seconds} s ago</text>
        <text class="tick" x={WIDTH - 6} y={HEIGHT - 5} text-anchor="end">now</text>
        {series.map(({ label, points }, i) => <path key={label} class={`line line-${String(i)}`} d={pathOf(points, x, y)} />)}
        {series.flatMap(({ label, points }, i) => lonePoints(points).map(([at, value]) => <circle key={`${label}-${String(at)}`} class={`dot line-${String(i)}`} cx={x(at)} cy={y(value)} r={2} />))}
      </svg>
      <ul class="legend">{series.map(({ label, points }, i) => <li key={label}><span class={`swatch line-${String(i)}`} aria-hidden="true" /> {label} <strong>{newest(points)}</strong></li>)}</ul>
    </figure>
  );
}

/** A line for each run of points. */
function pathOf(points: readonly (number | null)[], x: (i: number) => number, y: (value: number) => number): string {
  let isDown = false;
  return points.map((value, i) => {
    if (value === null) {
      isDown = false;
      return '';
    }
    const place = `${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    const step = isDown ? `L${place}` : `M${place}`;
    isDown = true;
    return step;
  }).join('');
}

/** Points that no line shows: nothing stands before or after them. */
function lonePoints(points: readonly (number | null)[]): (readonly [number, number])[] {
  const isAbsent = (i: number): boolean => (points[i] ?? null) === null;
  return points.flatMap((value, i) => (value !== null && isAbsent(i - 1) && isAbsent(i + 1) ? [[i, value] as const] : []));
}

function newest(points: readonly (number | null)[]): string {
  const last = points.at(-1);
  return last === null || last === undefined ? '–' : shortNumber(last);
}

/** The least of 1, 2 and 5 times a power of ten that is not below. */
function niceTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

const shortNumber = (value: number): string => (value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2));
