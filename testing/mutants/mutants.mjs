import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('./checks/', import.meta.url);

/**
 * Every security check that a mutant removes: {id, invariant, check, file, find, replace, tests}, by package in
 * checks/*.json. `find` occurs exactly once in `file`; one of `tests` must fail when `replace` stands in its place.
 */
export const MUTANTS = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .flatMap((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
