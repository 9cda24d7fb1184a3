// The package brings no types. Only what the tests compare with.
declare module 'pouchdb-selector-core' {
  export interface PouchRow {
    readonly doc: Record<string, unknown> & { readonly _id?: unknown };
  }
  export function matchesSelector(doc: Record<string, unknown>, selector: Record<string, unknown>): boolean;
  export function filterInMemoryFields(rows: readonly PouchRow[], request: Record<string, unknown>, fields: readonly string[]): PouchRow[];
  export function massageSelector(selector: Record<string, unknown>): Record<string, unknown>;
}
