import type { FieldPath } from './field-path.js';
import type { JsonValue } from './json.js';
import type { LinearRegex } from './linear-regex.js';

export type Comparison = '$eq' | '$ne' | '$lt' | '$lte' | '$gt' | '$gte';

/** What the value at a field must fulfil. */
export type FieldTest =
  | { readonly operator: Comparison; readonly argument: JsonValue }
  | { readonly operator: '$in' | '$nin' | '$all'; readonly choices: readonly JsonValue[] }
  | { readonly operator: '$exists'; readonly isExpected: boolean }
  | { readonly operator: '$type'; readonly type: string }
  | { readonly operator: '$mod'; readonly divisor: number; readonly remainder: number }
  | { readonly operator: '$size'; readonly length: number }
  | { readonly operator: '$regex'; readonly regex: LinearRegex }
  | { readonly operator: '$beginsWith'; readonly prefix: string }
  | { readonly operator: '$elemMatch' | '$allMatch' | '$keyMapMatch'; readonly of: Condition }
  | { readonly operator: '$not'; readonly of: FieldTest };

/**
 * A selector in CouchDB's normal form: field names stand at the terminals, and negations have been pushed down to them, so
 * that `$not` meets a field only if it exists. Within `$elemMatch` and its like CouchDB leaves negations where they are: 'not'.
 */
export type Condition =
  | { readonly kind: 'everything' }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'field'; readonly path: FieldPath; readonly test: FieldTest };
