import { collate } from './collate.js';
import type { IndexKey, OrderProbe } from './index-key.js';
import { compareUtf8, type JsonValue } from './json.js';
import type { ValueRange } from './selector-analysis.js';

/** The part of an order in which all matches lie. */
export interface Bounds {
  /** Nothing lies within. */
  readonly isEmpty: boolean;
  /** Negative: the place lies before the bounds; 0: within; positive: beyond. */
  position(key: IndexKey): number;
  /** Not after the first place within; undefined: the order's start. */
  readonly start: OrderProbe | undefined;
  /** Not before the last place within; undefined: the order's end. */
  readonly end: OrderProbe | undefined;
}

/** Bounds of the order of keys. Of a key's range only strings narrow it: every other type is below all keys or above none. */
export function createKeyBounds(range: ValueRange | undefined): Bounds {
  const lower = typeof range?.lower === 'string' ? range.lower : undefined;
  const upper = typeof range?.upper === 'string' ? range.upper : undefined;
  return {
    isEmpty: lower !== undefined && upper !== undefined && compareUtf8(lower, upper) > 0,
    position({ id }) {
      if (lower !== undefined && compareUtf8(id, lower) < 0) return -1;
      return upper !== undefined && compareUtf8(id, upper) > 0 ? 1 : 0;
    },
    start: lower === undefined ? undefined : { values: [], id: lower },
    end: upper === undefined ? undefined : { values: [], id: upper },
  };
}

/** Bounds of an index: by the ranges of its columns, as far as each but the last of them is narrowed on that side. */
export function createValueBounds(ranges: readonly (ValueRange | undefined)[]): Bounds {
  const lower = leadingValues(ranges.map((range) => range?.lower));
  const upper = leadingValues(ranges.map((range) => range?.upper));
  const isContradiction = ({ lower: low, upper: high }: ValueRange): boolean => low !== undefined && high !== undefined && collate(low, high) > 0;
  return {
    isEmpty: ranges.some((range) => range !== undefined && isContradiction(range)),
    position({ values }) {
      if (compareLeading(values, lower) < 0) return -1;
      return compareLeading(values, upper) > 0 ? 1 : 0;
    },
    start: lower.length === 0 ? undefined : { values: lower, id: '' },
    end: upper.length === 0 ? undefined : { values: upper, id: '', isAfterAll: true },
  };
}

function leadingValues(values: readonly (JsonValue | undefined)[]): readonly JsonValue[] {
  const open = values.indexOf(undefined);
  return (open < 0 ? values : values.slice(0, open)).flatMap((value) => (value === undefined ? [] : [value]));
}

/** Compares as many values as the bound has. */
function compareLeading(values: readonly JsonValue[], bound: readonly JsonValue[]): number {
  for (const [index, value] of bound.entries()) {
    const order = collate(values[index] ?? null, value);
    if (order !== 0) return order;
  }
  return 0;
}
