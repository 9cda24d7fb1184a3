const DAY_MS = 86_400_000;
/** Its multiples spread evenly: the beginnings of a few days lie far apart. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** Where a run that may end before it is through begins today, in a list of so many: each day elsewhere, so that what is left out has its turn. */
export function beginningOfDay(count) {
  return Math.floor(((Math.floor(Date.now() / DAY_MS) * GOLDEN_RATIO) % 1) * count);
}
