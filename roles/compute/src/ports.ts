import type { DeclaredIndexes } from '@selvedge/rich-query';

/**
 * The seam inside the compute node: the request half (opens, fetches, seals, signs) drives a chaincode through
 * {@link ChaincodeHost}, and the chaincode reads and writes through the {@link StateCalls} of its request.
 */

/** One run of a contract function: all that a Fabric peer would tell the chaincode about its transaction. */
export interface Invocation {
  /** Channel name, as the chaincode's `stub.getChannelID()` shows it. */
  readonly channel: string;
  /** Contract name on the channel. */
  readonly contract: string;
  /** What the client's proposal names, when another contract made this call: it is what `stub.getSignedProposal()` shows. */
  readonly proposal?: { readonly contract: string; readonly args: readonly Uint8Array[] } | undefined;
  /** Approved hash of the whole executed tree (`hashTree` of `@selvedge/contract-package`). */
  readonly codeHash: Uint8Array;
  /** Transaction id, lower-case hex: SHA-256(nonce || creator). */
  readonly txId: string;
  /** The creator's SerializedIdentity bytes. */
  readonly creator: Uint8Array;
  /** MSP id of `creator`, verified by the caller. */
  readonly creatorMspId: string;
  /** The request's nonce. */
  readonly nonce: Uint8Array;
  /** Function name and arguments. */
  readonly args: readonly Uint8Array[];
  /** Transient fields by name. */
  readonly transient: ReadonlyMap<string, Uint8Array>;
  /** The request's own timestamp, which is what the chaincode sees as time. */
  readonly timestamp: { readonly seconds: bigint; readonly nanos: number };
  /** Seed of the run's randomness, 32 bytes: see `transactionSeed`. Secret. */
  readonly seed: Uint8Array;
  /** Seed of what the chaincode draws outside of transactions, 32 bytes: see `idleSeed`. Secret. */
  readonly idleSeed: Uint8Array;
  /** Time allowed for this run in milliseconds, its process's start apart. */
  readonly deadlineMs: number;
}

/** One version of a key of the world state. */
export interface KeyModification {
  /** Lower-case hex. */
  readonly txId: string;
  /** Of the request that made it. */
  readonly timestamp: { readonly seconds: bigint; readonly nanos: number };
  /** undefined: a delete. */
  readonly value: Uint8Array | undefined;
}

/** A key and its value, as a range query yields them. */
export interface StateEntry {
  readonly key: string;
  readonly value: Uint8Array;
}

/** A rich query, as a chaincode makes it. */
export interface StateQuery {
  /** CouchDB's Mango JSON. */
  readonly text: string;
  /** At most so many entries, instead of the query's own limit; undefined: no pages. */
  readonly pageSize: number | undefined;
  /** Where an earlier page ended; empty: the query's own, or the start. */
  readonly bookmark: string;
}

export interface StateQueryResult {
  /** In the query's order, with its projection. */
  readonly entries: readonly StateEntry[];
  readonly bookmark: string;
}

/**
 * The state of one request. Dataset '' is the world state, any other name a private data collection. Writes are not
 * visible to later reads of the same request, as on Fabric. Every method may reject with a SelvedgeError: the
 * chaincode then sees an error message, and if it fails in consequence, that SelvedgeError is the refusal.
 */
export interface StateCalls {
  /** The value, or undefined when the key is absent. */
  getState(dataset: string, key: string): Promise<Uint8Array | undefined>;
  putState(dataset: string, key: string, value: Uint8Array): Promise<void>;
  deleteState(dataset: string, key: string): Promise<void>;
  /** Deletes a private entry together with its history (Fabric's purge). */
  purge(dataset: string, key: string): Promise<void>;
  /**
   * Entries with startKey <= key < endKey in order of the keys' UTF-8 bytes. An empty endKey means no upper bound.
   * Composite keys come only when startKey is one (it begins with U+0000).
   */
  getRange(dataset: string, startKey: string, endKey: string): Promise<AsyncIterable<StateEntry> | Iterable<StateEntry>>;
  /**
   * A rich query over all entries of a dataset, of whatever object type. A transaction that writes as well rests on the
   * whole dataset staying as it is; it is refused where the dataset keeps no content guard. Rejects with RichQueryError,
   * which Fabric's peer too gives to the chaincode as a plain error, for a query that is not valid.
   */
  query(dataset: string, query: StateQuery): Promise<StateQueryResult>;
  /** The key's own endorsement policy as it was set (SignaturePolicyEnvelope bytes), or undefined when it has none. */
  getKeyPolicy(dataset: string, key: string): Promise<Uint8Array | undefined>;
  /** Sets the key's own endorsement policy; empty ends it. Nothing happens when the key is absent after the transaction. */
  setKeyPolicy(dataset: string, key: string, policy: Uint8Array): Promise<void>;
  /** Every version of a key of the world state, newest first. */
  getHistory(key: string): Promise<AsyncIterable<KeyModification> | Iterable<KeyModification>>;
  /** SHA-256 of a private value as Fabric keeps it, or undefined when the key is absent. */
  getPrivateDataHash(collection: string, key: string): Promise<Uint8Array | undefined>;
  /**
   * Another contract, to be run once within the same transaction: what it reads and writes belongs to its own namespace and
   * joins the transaction's sections. Called again, the contract finds what it has read and written before.
   *
   * @throws SelvedgeError CHANNEL_NOT_SERVED, CALLED_CONTRACT_UNKNOWN, CONTRACT_UNKNOWN, CONTRACT_NOT_ASSIGNED, UNKNOWN_SUITE, KEY_EPOCH_UNKNOWN,
   * KEY_EPOCH_RETIRED, KEY_EPOCH_REVOKED, NOT_READY, VIEW_QUORUM_UNREACHABLE, FEATURE_UNSUPPORTED, CHAINCODE_LIMIT
   */
  openContract(call: ContractCall): Promise<OpenedContract>;
}

/** A call of one contract by another. */
export interface ContractCall {
  readonly channel: string;
  readonly contract: string;
  /** Function name and arguments. */
  readonly args: readonly Uint8Array[];
}

/** A contract that may be called. */
export interface OpenedContract {
  /** Approved hash of the whole executed tree. */
  readonly codeHash: Uint8Array;
  /** As in {@link Invocation}: fresh for each run. */
  readonly seed: Uint8Array;
  readonly idleSeed: Uint8Array;
  readonly state: StateCalls;
}

/** An event that the chaincode set; Fabric keeps at most one per transaction. */
export interface ChaincodeEvent {
  readonly name: string;
  readonly payload: Uint8Array;
}

/** What the chaincode answered, in Fabric's terms: a status of 400 or more is a refusal by the chaincode itself. */
export interface ChaincodeResult {
  /** 200 for success; 500 for an error that the contract threw. */
  readonly status: number;
  /** The chaincode's own text. It may hold plaintext, so it travels only under the response key. */
  readonly message: string;
  readonly payload: Uint8Array;
  readonly event?: ChaincodeEvent;
}

/** Runs approved chaincode packages in processes of their own. */
export interface ChaincodeHost {
  /**
   * Runs one function. When its process ends under several invocations, each runs again alone, so that one harms no other.
   *
   * @param begin opens the state of a run; called again for each further try, and what the earlier ones did is void
   * @throws SelvedgeError CONTRACT_CODE_MISSING, CONTRACT_CODE_MISMATCH, CHAINCODE_START_FAILED, CHAINCODE_CRASHED,
   * CHAINCODE_TIMEOUT, CHAINCODE_CPU_LIMIT, CHAINCODE_MEMORY_LIMIT, CHAINCODE_OUTPUT_LIMIT, CHAINCODE_LIMIT,
   * CHAINCODE_NETWORK_REFUSED, CHAINCODE_FILE_REFUSED and CHAINCODE_PROCESS_REFUSED (it failed after it tried that), CHAINCODE_UNSUPPORTED, CHAINCODE_PROTOCOL, OVERLOADED, DRAINING, CANCELLED (the signal),
   * or whatever the state calls threw when the chaincode failed because of it
   */
  invoke(invocation: Invocation, begin: () => StateCalls, signal: AbortSignal): Promise<ChaincodeResult>;
  /**
   * Verifies the package's hash in advance, so that the first request does not wait for it.
   *
   * @throws SelvedgeError CONTRACT_CODE_MISSING, CONTRACT_CODE_MISMATCH
   */
  prepare(contract: string, codeHash: Uint8Array): Promise<void>;
  /**
   * The CouchDB indexes that the package declares.
   *
   * @throws SelvedgeError CONTRACT_CODE_MISSING, CONTRACT_CODE_MISMATCH, MANIFEST_INVALID (a declaration is none)
   */
  declaredIndexes(codeHash: Uint8Array): Promise<DeclaredIndexes>;
  /** Ends every chaincode process; running requests fail with DRAINING. */
  close(): Promise<void>;
}
