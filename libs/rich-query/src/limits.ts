/** Bounds of a query. Units are in the names. */
export interface RichQueryLimits {
  readonly maxQueryBytes: number;
  /** How deep operators, fields and arguments may nest. */
  readonly maxDepth: number;
  /** Operators in the selector. */
  readonly maxConditions: number;
}

export const RICH_QUERY_LIMITS: RichQueryLimits = {
  maxQueryBytes: 128 * 1024,
  maxDepth: 64,
  maxConditions: 1_000,
};
