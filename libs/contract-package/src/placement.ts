import { posix } from 'node:path';
import type { ResolvedPackage } from './resolve.js';

/** Where one package goes inside the collected tree; '' is the contract itself. */
export interface Placement {
  readonly source: string;
  readonly destination: string;
}

/**
 * Lays out a dependency closure so that every package resolves, by Node's rule, exactly what it resolved at its source.
 * A package goes to the top when its name is free on the way there, else below the package that needs it. All
 * dependencies of a package are placed before any of theirs, so a nested copy never changes what was resolved before.
 *
 * @param dependenciesOf the packages that the one in this source directory needs, sorted by name
 */
export async function placePackages(top: string, dependenciesOf: (source: string) => Promise<readonly ResolvedPackage[]>): Promise<Placement[]> {
  const placed = new Map<string, string>([['', top]]);
  const queue: Placement[] = [{ source: top, destination: '' }];
  for (const current of queue) {
    for (const dependency of await dependenciesOf(current.source)) {
      const visible = findVisible(placed, current.destination, dependency.name);
      if (visible === dependency.directory) continue;
      const base = visible === undefined ? '' : current.destination;
      const placement = { source: dependency.directory, destination: posix.join(base, 'node_modules', dependency.name) };
      placed.set(placement.destination, placement.source);
      queue.push(placement);
    }
  }
  return queue;
}

/** The source of what `require(name)` finds from a place in the collected tree so far. */
function findVisible(placed: ReadonlyMap<string, string>, from: string, name: string): string | undefined {
  for (let place = from; ; place = parentOf(place)) {
    const source = placed.get(posix.join(place, 'node_modules', name));
    if (source !== undefined) return source;
    if (place === '') return undefined;
  }
}

/** The package around a place: what stands before its last node_modules. */
function parentOf(place: string): string {
  const end = place.lastIndexOf('node_modules/');
  return end <= 0 ? '' : place.slice(0, end - 1);
}
