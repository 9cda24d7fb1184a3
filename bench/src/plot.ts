/** A line of a plot: one y for each x of the plot that it has. */
export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: string; readonly y: number }[];
}

/** What a plot shows. The x axis has the given places at equal distances; y starts at 0. */
export interface LinePlot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xs: readonly string[];
  readonly series: readonly Series[];
}

/** Bars, one under another, each cut into named parts. */
export interface BarPlot {
  readonly title: string;
  readonly xLabel: string;
  readonly bars: readonly { readonly name: string; readonly parts: Readonly<Record<string, number>> }[];
}

const WIDTH = 640;
const HEIGHT = 300;
const MARGIN = { top: 12, right: 16, bottom: 44, left: 64 };
const TICKS = 5;
const COLOURS = 10;
const BAR = { height: 18, gap: 8, label: 170 };

/** SVG of a line plot, coloured by the classes c0 to c9 of the page around it. */
export function renderLines({ title, xLabel, yLabel, xs, series }: LinePlot): string {
  const top = niceCeiling(Math.max(0, ...series.flatMap(({ points }) => points.map(({ y }) => y)).filter(Number.isFinite)));
  const [width, height] = [WIDTH - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom];
  const at = (x: string): number => MARGIN.left + ((xs.indexOf(x) + 0.5) * width) / Math.max(1, xs.length);
  const up = (y: number): number => MARGIN.top + height * (1 - y / top);
  const ticks = Array.from({ length: TICKS + 1 }, (_, i) => (top * i) / TICKS);
  const body = [
    ...ticks.map((tick) => `<line class="grid" x1="${px(MARGIN.left)}" x2="${px(WIDTH - MARGIN.right)}" y1="${px(up(tick))}" y2="${px(up(tick))}"/>${text(MARGIN.left - 6, up(tick) + 4, shorten(tick), 'end')}`),
    ...xs.map((x) => text(at(x), HEIGHT - MARGIN.bottom + 18, x, 'middle')),
    text(MARGIN.left + width / 2, HEIGHT - 6, xLabel, 'middle'),
    `<text transform="translate(14 ${px(MARGIN.top + height / 2)}) rotate(-90)" text-anchor="middle">${escapeMarkup(yLabel)}</text>`,
    ...series.map(({ name, points }, i) => {
      const own = points.filter(({ x, y }) => xs.includes(x) && Number.isFinite(y));
      const colour = `c${String(i % COLOURS)}`;
      const dots = own.map(({ x, y }) => `<circle class="${colour}" cx="${px(at(x))}" cy="${px(up(y))}" r="4"><title>${escapeMarkup(`${name}, ${x}: ${shorten(y)}`)}</title></circle>`);
      return `<polyline class="${colour}" points="${own.map(({ x, y }) => `${px(at(x))},${px(up(y))}`).join(' ')}"/>${dots.join('')}`;
    }),
  ];
  return figure(title, svg(title, HEIGHT, body), series.map(({ name }) => name));
}

/** SVG of stacked bars. */
export function renderBars({ title, xLabel, bars }: BarPlot): string {
  const names = [...new Set(bars.flatMap(({ parts }) => Object.keys(parts)))];
  const sum = (parts: Readonly<Record<string, number>>): number => Object.values(parts).reduce((total, part) => total + part, 0);
  const top = niceCeiling(Math.max(0, ...bars.map(({ parts }) => sum(parts))));
  const width = WIDTH - BAR.label - MARGIN.right - 40;
  const height = bars.length * (BAR.height + BAR.gap) + 30;
  const rows = bars.map(({ name, parts }, row) => {
    const y = row * (BAR.height + BAR.gap) + 4;
    let x = BAR.label;
    const pieces = names.map((part, i) => {
      const length = ((parts[part] ?? 0) * width) / top;
      const piece = `<rect class="c${String(i % COLOURS)}" x="${px(x)}" y="${px(y)}" width="${px(length)}" height="${px(BAR.height)}"><title>${escapeMarkup(`${name}, ${part}: ${shorten(parts[part] ?? 0)}`)}</title></rect>`;
      x += length;
      return piece;
    });
    return `${text(BAR.label - 8, y + 13, name, 'end')}${pieces.join('')}${text(x + 6, y + 13, shorten(sum(parts)), 'start')}`;
  });
  return figure(title, svg(title, height, [...rows, text(BAR.label + width / 2, height - 6, xLabel, 'middle')]), names);
}

/** Makes any text harmless in HTML and SVG, in attributes too. */
export function escapeMarkup(raw: string): string {
  return raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

/** The next of 1, 2, 2.5, 5 or 10 times a power of ten; 1 for nothing. */
export function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5].find((step) => step * power >= value) ?? 10) * power;
}

function figure(title: string, content: string, names: readonly string[]): string {
  const keys = names.map((name, i) => `<li><span class="key c${String(i % COLOURS)}"></span>${escapeMarkup(name)}</li>`);
  return `<figure><figcaption>${escapeMarkup(title)}</figcaption><ul class="keys">${keys.join('')}</ul>${content}</figure>`;
}

function svg(title: string, height: number, body: readonly string[]): string {
  return `<svg viewBox="0 0 ${String(WIDTH)} ${String(height)}" role="img" aria-label="${escapeMarkup(title)}">${body.join('')}</svg>`;
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${escapeMarkup(content)}</text>`;
}

function shorten(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
