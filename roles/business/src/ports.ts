import type { Profile } from '@selvedge/policy';
import type { StateReader, TransactionResult } from '@selvedge/embedded-ledger';
import type { KeyVersion } from '@selvedge/protocol';

/** The ledger as a business node follows it. All reads within one synchronous stretch of code are of one height. */
export interface BusinessLedger {
  readonly state: StateReader;
  /** The profile that the ledger holds now. */
  profile(): Profile;
  /** The durable result, undefined when the time passed. Throws CANCELLED, OVERLOADED or DRAINING. */
  waitForResult(txId: Uint8Array, timeoutMs: number, signal?: AbortSignal): Promise<TransactionResult | undefined>;
  /** The same, now. */
  result(txId: Uint8Array): TransactionResult | undefined;
  /** What `ready` finds; it is asked now, and whenever something is told about the transaction. Throws as waitForResult. */
  waitUntil<T>(txId: Uint8Array, ready: () => T | undefined, timeoutMs: number, signal?: AbortSignal): Promise<T | undefined>;
}

/**
 * The durable verdict, never VALID, on the ledger's own transaction that carries others under this id, as Fabric's do.
 * undefined: none yet, or it is valid, or this ledger has no such transactions.
 */
export type CarrierRefusals = (txId: Uint8Array) => TransactionResult | undefined;

/** Where a dataset's entries lie. */
export interface DatasetPlace {
  readonly contract: string;
  readonly ownerSet: string;
  readonly dataset: string;
}

/** The packets of one node's own datasets. Reads only: packets change with the ledger's blocks and in no other way. */
export interface PacketReader {
  /** Packet bytes; undefined when this node has none. */
  packet(place: DatasetPlace, ledgerKey: Uint8Array): Uint8Array | undefined;
  /** Ledger keys in ascending order, after the given one: those under one tag; datasetTag empty: all. Consume it synchronously. */
  ledgerKeys(place: DatasetPlace, datasetTag: Uint8Array, after: Uint8Array): Iterable<Uint8Array>;
}

/** The versions of this node's keys. */
export interface HistoryReader {
  /** Whether this node keeps them. */
  readonly isKept: boolean;
  /** The version of this number, from 1, with its packet; undefined: there is none. */
  version(place: DatasetPlace, ledgerKey: Uint8Array, count: bigint): KeyVersion | 'packet missing' | undefined;
}

/** What a node reads to answer: the ledger's state and its own packets, of one height. */
export interface BusinessState {
  readonly ledger: StateReader;
  readonly packets: PacketReader;
  readonly history: HistoryReader;
}

/** A named moment, for crash and trace tests; the subject is the transaction id in hex. */
export type BusinessCheckpoint = (
  name: 'business.stage.before-sync' | 'business.stage.after-sync' | 'business.stage.before-ack' | 'business.commit.before-ack',
  subject: string,
) => void;

