import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One stone as the data set has it, with an id of its own. */
export interface Stone {
  readonly id: string;
  readonly carat: number;
  readonly cut: string;
  readonly color: string;
  readonly clarity: string;
  readonly depth: number;
  readonly table: number;
  readonly price: number;
}

/** The 53,940 real stones of `diamonds.csv` from the npm package @observablehq/sample-datasets, in file order. */
export function readStones(): Stone[] {
  const file = fileURLToPath(import.meta.resolve('@observablehq/sample-datasets/diamonds.csv'));
  const [head, ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/);
  const columns = (head ?? '').split(',').map((name) => name.replace(/"/g, ''));
  return lines.map((line, index) => {
    const cells = line.split(',').map((cell) => cell.replace(/"/g, ''));
    const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
    return {
      id: `D${String(index + 1).padStart(5, '0')}`,
      carat: Number(cell('carat')),
      cut: cell('cut'),
      color: cell('color'),
      clarity: cell('clarity'),
      depth: Number(cell('depth')),
      table: Number(cell('table')),
      price: Number(cell('price')),
    };
  });
}

/** Shares stones out among houses in turn. */
export function shareOut<T>(items: readonly T[], houses: number): T[][] {
  return Array.from({ length: houses }, (_, house) => items.filter((_item, index) => index % houses === house));
}

/** Cuts a list into lots of at most `size`. */
export function lots<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, lot) => items.slice(lot * size, (lot + 1) * size));
}
