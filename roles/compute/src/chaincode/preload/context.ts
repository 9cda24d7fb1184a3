/**
 * The functions of this folder run inside the chaincode process, not here: their source text becomes the module that Node
 * loads before the chaincode (see source.ts). So each is complete in itself and uses nothing but its arguments and what
 * Node has; only types may be imported.
 */

/** What one transaction sees as time and chance. */
export interface TransactionContext {
  readonly channel: string;
  readonly txId: string;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  /** The next bytes of its random stream. */
  readonly random: (lengthBytes: number) => Buffer;
}

/** What a chaincode tried that has no place in the sandbox. */
export type RefusedKind = 'network' | 'file' | 'process';

/** What the functions share inside the chaincode process. */
export interface PreloadContext {
  readonly require: NodeJS.Require;
  /** Hands over what each CommonJS module whose file name matches exports, once it is loaded: before whoever required it gets it, unless they require each other. */
  readonly onLoad: (file: RegExp, use: (exported: unknown) => void) => void;
  /** The transaction whose code runs now; undefined while modules load and in the shim's own work. */
  readonly current: () => TransactionContext | undefined;
  /** Runs a function, and whatever it awaits or schedules, as part of a transaction. */
  readonly run: <T>(transaction: TransactionContext, task: () => T) => T;
  /** Time outside of transactions. */
  readonly idleTimeMs: number;
  /** Chance outside of transactions. */
  readonly idleRandom: (lengthBytes: number) => Buffer;
  /** A random stream of a 32-byte seed. */
  readonly createRandom: (seed: Uint8Array) => (lengthBytes: number) => Buffer;
  /** Tells the node what the current transaction was refused. */
  readonly report: (kind: RefusedKind) => void;
  /** Where the shim believes its peer to be, and where it is. */
  readonly peer: { readonly host: string; readonly port: number; readonly socketPath: string };
}
