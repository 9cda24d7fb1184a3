import { escapeMarkup } from './plot.js';
import { renderPlots } from './plots.js';
import { isReached, type Ratio } from './ratios.js';
import type { BenchResult } from './result.js';
import { describeSide } from './side-text.js';
import { number, refusals } from './tables.js';

const LIGHT = ['#1f5fa8', '#c2571a', '#2b7a3f', '#8a3fa0', '#a8281f', '#0f7c86', '#7a5c14', '#5b5b5b', '#b03a78', '#4b4fc4'];
const DARK = ['#7db4f0', '#f0a36b', '#7fce93', '#cf9be0', '#f08a82', '#6fd0da', '#d8b968', '#b5b5b5', '#ee92c2', '#a3a6ff'];

const colours = (list: readonly string[]): string => list.map((colour, i) => `--c${String(i)}:${colour};`).join('');
const STYLE = `:root{color-scheme:light dark;--ink:#1c1c1c;--paper:#fff;--line:#d5d5d5;${colours(LIGHT)}}
@media (prefers-color-scheme:dark){:root{--ink:#e8e8e8;--paper:#161616;--line:#3d3d3d;${colours(DARK)}}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:1100px;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;display:block;overflow-x:auto}th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}pre{white-space:pre-wrap}.missed{font-weight:bold}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:1.5rem}figure{margin:0}figcaption{font-weight:600}
svg{width:100%;height:auto}svg text{fill:var(--ink);font-size:12px}.grid{stroke:var(--line)}polyline{fill:none;stroke-width:2}
.keys{list-style:none;padding:0;margin:.2rem 0;display:flex;flex-wrap:wrap;gap:0 1rem}.key{display:inline-block;width:.8em;height:.8em;margin-right:.4em}
${LIGHT.map((_, i) => `polyline.c${String(i)}{stroke:var(--c${String(i)})}circle.c${String(i)},rect.c${String(i)}{fill:var(--c${String(i)})}.key.c${String(i)}{background:var(--c${String(i)})}`).join('')}`;

/** The report as one HTML page that loads nothing, light or dark as the reader's system is. */
export function renderHtml(result: BenchResult): string {
  const { machine, versions, ledger, startedAt, measurements, ratios, floor, method } = result;
  const command = `npm run bench -- ${result.arguments.join(' ')}`.trimEnd();
  const facts: [string, string][] = [
    ['Command', command],
    ['Started', startedAt],
    ['Machine', `${machine.model}, ${String(machine.cores)} cores, ${String(machine.memoryGiB)} GiB, ${machine.system}`],
    ['Versions', [`Node ${versions.node}`, ...(versions.fabric === undefined ? [] : [`Fabric ${versions.fabric}`]), ...(versions.commit === undefined ? [] : [`commit ${versions.commit}`])].join(', ')],
    ['Crypto floor, CPU ms', Object.entries(floor).map(([name, ms]) => `${name} ${number(ms as number, 3)}`).join(', ')],
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Selvedge benchmark, ${ledger} ledger</title><style>${STYLE}</style></head><body>
<h1>Selvedge benchmark, ${ledger} ledger</h1>
<table>${facts.map(([name, value]) => `<tr><th>${name}</th><td>${escapeMarkup(value)}</td></tr>`).join('')}</table>
<h2>Ratios</h2>
<table><tr><th>Ratio</th><th>Value</th><th>Aim</th><th></th><th>Runs</th><th>What</th></tr>${ratios.map(ratioRow).join('')}</table>
<h2>Plots</h2><div class="plots">${renderPlots(measurements)}</div>
<h2>Points</h2>
<table><tr>${['Experiment', 'Subject', 'Workload', 'At', 'Offered/s', 'Per s', 'p50 ms', 'p95 ms', 'Calls', 'Runs', 'Refused', 'CPU ms per call'].map((title) => `<th>${title}</th>`).join('')}</tr>
${measurements.map((point) => row([point.experiment, point.subject, point.workload, describeSide(point), number(point.offeredPerSecond, 0), number(point.perSecond, 0), number(point.p50, 1), number(point.p95, 1), String(point.calls), String(point.runs), refusals(point.failures), Object.entries(point.cpu).map(([part, ms]) => `${part} ${number(ms, 2)}`).join(', ')])).join('\n')}</table>
<h2>Method</h2><pre>${escapeMarkup(method)}</pre>
</body></html>
`;
}

function ratioRow(ratio: Ratio): string {
  const reached = isReached(ratio);
  const verdict = reached === undefined ? '' : reached ? 'reached' : '<span class="missed">not reached</span>';
  const aim = ratio.aim === undefined ? '–' : `${ratio.aim.bound} ${String(ratio.aim.value)}`;
  return `<tr><td>${escapeMarkup(ratio.name)}</td><td class="n">${number(ratio.value, 2)}${ratio.unit === undefined ? '' : ` ${ratio.unit}`}</td><td>${aim}</td><td>${verdict}</td><td class="n">${String(ratio.runs)}</td><td>${escapeMarkup(ratio.method)}</td></tr>`;
}

function row(cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td${/^[\d–.]+$/.test(cell) ? ' class="n"' : ''}>${escapeMarkup(cell)}</td>`).join('')}</tr>`;
}
