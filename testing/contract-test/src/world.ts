import type { StateWrite } from './recorder.js';

/** Somebody of an organisation, who signs what he asks for. */
export interface User {
  readonly mspId: string;
  /** PEM. */
  readonly certificate: string;
}

export interface UserOptions {
  /** Common name of the certificate. */
  readonly name?: string;
  /** Attributes in the certificate, as Fabric's CA puts them there: `ctx.clientIdentity.getAttributeValue` reads them. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface CallOptions {
  /** Who calls: a user, or an organisation's MSP id for its first user. Default: a user of the first organisation. */
  readonly as?: User | string;
  /** Transient fields; text is taken as UTF-8. */
  readonly transient?: Readonly<Record<string, string | Uint8Array>>;
  /** Another contract of the world. Default: the one under test. */
  readonly contract?: string;
}

/** What a function gave. */
export interface Answer {
  /** Hexadecimal. */
  readonly transactionId: string;
  /** UTF-8 text. */
  readonly result: string;
  /** What it wrote, one entry for each key. */
  readonly writes: readonly StateWrite[];
  readonly event: { readonly name: string; readonly payload: string } | undefined;
}

/** Fabric's validation code: VALID, or why the ledger did not take the transaction, such as MVCC_READ_CONFLICT. */
export type Verdict = string;

/** A function that ran and is not on the ledger yet. */
export interface Execution extends Answer {
  /** Has it endorsed and ordered. Throws SelvedgeError with the code with which an endorser refuses it, such as STALE_READ. */
  commit(): Promise<Verdict>;
}

/** A channel with a contract on it, in this process. */
export interface World {
  /** MSP ids of the organisations that own data. */
  readonly organisations: readonly string[];
  /** Name of the contract under test. */
  readonly contract: string;
  /** A new user of an organisation. Throws RangeError for an organisation that is not there. */
  user(mspId: string, options?: UserOptions): Promise<User>;
  /**
   * Runs a function and keeps nothing of what it wrote. What the contract throws comes as SelvedgeError CHAINCODE_ERROR, with the text
   * that a client gets from Fabric's gateway.
   */
  evaluate(name: string, args?: readonly string[], options?: CallOptions): Promise<Answer>;
  /** Runs a function, and lets the test say when it is committed, or never. Throws as evaluate does. */
  execute(name: string, args?: readonly string[], options?: CallOptions): Promise<Execution>;
  /** Runs a function and commits it. Throws as evaluate does, and COMMIT_INVALID with the ledger's verdict. */
  submit(name: string, args?: readonly string[], options?: CallOptions): Promise<Answer>;
  /** All that the contract has printed so far. */
  output(): string;
  /** Ends the contract's processes and removes the ledger. */
  close(): Promise<void>;
}

export interface WorldOptions {
  /** The contract: a directory as "selvedge deploy" takes it, built, with its dependencies installed. Default: the working directory. */
  readonly directory?: string;
  /** Directories of further contracts on the channel, which it may call. */
  readonly others?: readonly string[];
  /** The world's time, which transactions carry. It may go forward, by years; default: the machine's clock. */
  readonly now?: () => Date;
}
