const SECOND_MS = 1_000;

/**
 * How far another clock is off at least, by the `Date` of an HTTP answer, which has whole seconds: positive where it is
 * ahead, 0 where it may be right. undefined: there is no such date. Times in milliseconds since 1970.
 * @param sentAtMs when the question went
 * @param gotAtMs when the answer came
 */
export function clockSkew(date: string | undefined, sentAtMs: number, gotAtMs: number): number | undefined {
  const earliest = date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isNaN(earliest)) return undefined;
  const latest = earliest + SECOND_MS;
  if (earliest > gotAtMs) return earliest - gotAtMs;
  return latest < sentAtMs ? latest - sentAtMs : 0;
}
