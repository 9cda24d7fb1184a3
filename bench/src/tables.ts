/** A number with so many digits; a dash for one that does not exist. */
export function number(value: number | undefined, digits: number): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(digits);
}

/** Refused calls by code. */
export function refusals(failures: Readonly<Record<string, number>>): string {
  const all = Object.entries(failures);
  return all.length === 0 ? '0' : all.map(([code, count]) => `${code} ${String(count)}`).join(', ');
}

/** Rows in columns, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  return [head, ...rows].map((row) => `  ${row.map((cell, i) => (/^[\d–]/.test(cell) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join('  ')}`.trimEnd());
}
