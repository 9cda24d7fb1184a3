import { collate } from './collate.js';
import type { Row } from './document.js';
import { readRowField } from './field-path.js';
import type { IndexDefinition } from './index-definition.js';
import { compareUtf8, type JsonValue } from './json.js';

/** Where a document stands in an order: by the values of an index's columns, then by the bytes of its key. */
export interface IndexKey {
  /** Empty in the order of keys. */
  readonly values: readonly JsonValue[];
  readonly id: string;
}

/** A place to look from. */
export interface OrderProbe extends IndexKey {
  /** Behind every key that begins with these values. */
  readonly isAfterAll?: true;
}

/** The place of a document in an index, or undefined when the index lacks it: a column is missing. Partial filters are the caller's. */
export function indexKeyOf(row: Row, index: IndexDefinition | undefined): IndexKey | undefined {
  const values: JsonValue[] = [];
  for (const column of index?.columns ?? []) {
    const value = readRowField(row, column);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return { values, id: row.id };
}

/** The order of an index: values by collation, then keys by bytes. */
export function compareIndexKeys(a: OrderProbe, b: OrderProbe): number {
  const length = Math.min(a.values.length, b.values.length);
  for (let index = 0; index < length; index += 1) {
    const order = collate(a.values[index] ?? null, b.values[index] ?? null);
    if (order !== 0) return order;
  }
  if (a.isAfterAll !== b.isAfterAll) return a.isAfterAll === true ? 1 : -1;
  return a.values.length - b.values.length || compareUtf8(a.id, b.id);
}
