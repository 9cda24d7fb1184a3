/** Semantic Versioning 2.0.0, section 2 and 9: three numbers and what comes before a release; build metadata does not count. */
const SEMANTIC = /^v?(\d{1,15})\.(\d{1,15})(?:\.(\d{1,15}))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$/;

/**
 * Whether a version number comes before another, by the precedence of Semantic Versioning 2.0.0, section 11. Numbers of
 * other kinds ("blue", "2026-11") have no order: false.
 */
export function isOlderVersion(version: string, than: string): boolean {
  const [a, b] = [SEMANTIC.exec(version), SEMANTIC.exec(than)];
  if (a === null || b === null) return false;
  for (const place of [1, 2, 3]) {
    const difference = Number(a[place] ?? 0) - Number(b[place] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return comparePrereleases(a[4], b[4]) < 0;
}

function comparePrereleases(a: string | undefined, b: string | undefined): number {
  // A release comes after everything that leads to it.
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const [left, right] = [a.split('.'), b.split('.')];
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const order = compareIdentifiers(left[i] as string, right[i] as string);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Numbers come before words. */
function compareIdentifiers(a: string, b: string): number {
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  if (isNumberA && a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
