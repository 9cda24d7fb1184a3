/** One of several ways to do the same work, each of which gives the same result. */
export interface Way {
  readonly name: string;
  /** Calls under way at once. */
  readonly atOnce: number;
  /** Pieces of work of one call. */
  readonly size: number;
  /** Throws when the result is not what it should be. */
  call(): Promise<void>;
}

/** Ways that are set against the first of them. */
export interface Choice {
  readonly what: string;
  readonly ways: readonly Way[];
}

/** What is to be ended when all is measured. */
export interface Choices {
  readonly choices: readonly Choice[];
  close(): Promise<void>;
}

/** Throws unless a way gave what it should. */
export function verifyResult(way: string, given: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(given, expected) !== 0) throw new Error(`${way}: ${String(given.length)} bytes that are not what was expected`);
}
