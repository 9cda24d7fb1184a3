import type { FactReader, Profile } from '@selvedge/policy';
import type { ValidationCode } from '@selvedge/protocol';

/** What an endorser asks of the ledger's state; the embedded ledger's StateReader is one. All reads of one turn are of one height. */
export interface EndorserState extends FactReader {
  /** Number of blocks. */
  readonly height: bigint;
  /** 32-byte packet hash, undefined: no entry. */
  version(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined;
  /** txId of the last write of the guard, undefined: never written. */
  guard(contract: string, ownerSet: string, dataset: string, guardKey: Uint8Array): Uint8Array | undefined;
  /** The key's own endorsement policy, SignaturePolicyEnvelope bytes; undefined: it has none. */
  keyPolicy(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined;
  /**
   * SHA-256 of what a collection of the contract's name holds that was written before Selvedge, under the SHA-256 of a key; undefined: absent.
   * Only ledgers have it that can have such collections.
   */
  legacyHash?(contract: string, collection: string, keyHash: Uint8Array): Uint8Array | undefined;
  /** Outcome of an ordered transaction, undefined: not ordered yet. */
  result(txId: Uint8Array): { readonly code: ValidationCode; readonly blockNumber: bigint } | undefined;
}

/** The ledger as this role follows it. */
export interface EndorserLedger {
  readonly state: EndorserState;
  /** The profile that the ledger holds now. */
  profile(): Profile;
}

/** A named moment, for crash and trace tests. */
export type EndorserCheckpoint = (name: 'endorser.before-sign' | 'endorser.before-ack', subject: string) => void;
