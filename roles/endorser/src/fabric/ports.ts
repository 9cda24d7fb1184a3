import type { PlannedWrite } from './domain/write-plan.js';

/** The contract's private data collections, within one transaction. */
export interface PrivateState {
  /** SHA-256 of the value; undefined: absent. Either way it enters the read set. */
  hash(collection: string, key: string): Promise<Uint8Array | undefined>;
  /** In order. */
  write(plan: readonly PlannedWrite[]): Promise<void>;
}

/** Endorsement chaincodes of contracts that the invoked one called, within one transaction. */
export interface CalledContracts {
  /**
   * Has a contract's endorsement chaincode verify the same target data and write its own section.
   * Gives SHA-256 of the EndorsementPayload that it came to, 32 bytes. Throws its refusal, UNAVAILABLE or MALFORMED_MESSAGE.
   */
  endorse(contract: string): Promise<Uint8Array>;
}

/** The policy chaincode's facts, within one transaction; every key that is asked for enters the read set. */
export interface PolicyFacts {
  /** By key; undefined: absent. Equal values are one array, so that what was parsed from them is found again. */
  read(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array | undefined>>;
}

/** The policy chaincode's own state, within one transaction. */
export interface FactStore {
  /** By key; undefined: absent. Either way they enter the read set. */
  facts(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array | undefined>>;
  /** Every fact, in any order. */
  entries(): Promise<{ readonly key: string; readonly value: Uint8Array }[]>;
  set(key: string, value: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
  /** Whether a change of this id was applied. */
  isApplied(id: Uint8Array): Promise<boolean>;
  markApplied(id: Uint8Array): Promise<void>;
}

/** What a chaincode process reports; pino's loggers fit. Neither transient data nor arguments go into it. */
export interface ChaincodeLog {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
