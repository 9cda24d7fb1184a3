import type { FactUpdate, Profile } from '@selvedge/policy';
import { ValidationCode, type HistoryVersion } from '@selvedge/protocol';
import type { EndorsedContent } from './endorsed-content.js';

/** A key's new version; undefined removes the key. Hashes and keys are 32 bytes. */
export interface VersionUpdate {
  readonly contract: string;
  readonly ownerSet: string;
  readonly dataset: string;
  readonly ledgerKey: Uint8Array;
  readonly datasetTag: Uint8Array;
  readonly version: Uint8Array | undefined;
  /** With the end of this block the version is gone, if it still stands; undefined: never. */
  readonly endsWith: bigint | undefined;
}

/** An entry that ended by its blockToLive. Hashes and keys are 32 bytes. */
export type EndedEntry = Omit<VersionUpdate, 'datasetTag' | 'version' | 'endsWith'>;

/** A guard's new value: the id of the transaction that wrote it. */
export interface GuardUpdate {
  readonly contract: string;
  readonly ownerSet: string;
  readonly dataset: string;
  readonly guardKey: Uint8Array;
  readonly txId: Uint8Array;
}

/** A key's own endorsement policy from now on; undefined: it has none. */
export interface KeyPolicyUpdate {
  readonly contract: string;
  readonly ownerSet: string;
  readonly dataset: string;
  readonly ledgerKey: Uint8Array;
  readonly policy: Uint8Array | undefined;
}

/** One more version of a key of the world state: Fabric keeps no history of private data. */
export interface HistoryUpdate extends HistoryVersion {
  readonly contract: string;
  readonly ownerSet: string;
  readonly dataset: string;
  readonly ledgerKey: Uint8Array;
}

/** What one valid transaction changes. */
export interface StateUpdates {
  readonly versions: readonly VersionUpdate[];
  readonly guards: readonly GuardUpdate[];
  readonly keyPolicies: readonly KeyPolicyUpdate[];
  readonly history: readonly HistoryUpdate[];
  readonly facts: readonly FactUpdate[];
}

export const NO_UPDATES: StateUpdates = { versions: [], guards: [], keyPolicies: [], history: [], facts: [] };

/** The judgement of one ordered transaction: equal at every follower. */
export interface Verdict {
  readonly code: ValidationCode;
  /** Why, for the log; names nothing secret. Undefined when VALID. */
  readonly reason: string | undefined;
  /** One of each kept item, 32 bytes each; none when the bytes did not parse. */
  readonly txIds: readonly Uint8Array[];
  readonly endorsed: EndorsedContent | undefined;
  readonly updates: StateUpdates;
  /** The profile that counts from the next transaction on, when this one changed it. */
  readonly profile: Profile | undefined;
}

/** Fabric's name of a validation code, such as MVCC_READ_CONFLICT. */
export function validationCodeName(code: ValidationCode): string {
  return ValidationCode[code];
}
