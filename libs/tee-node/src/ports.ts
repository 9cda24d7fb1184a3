import type { Profile } from '@selvedge/policy';
import type { ChallengeAnswer, CommitStatement, CommitStatementRequest, ConfirmReadsRequest, HistoryHeadRequest, HistoryHeadStatement, KeyRelease, KeyRequest, KeyVersion, NodeEvidence, ReaderAdmission, ReaderChallenge, ReaderEvidence, ReadsStatement, ServedPlaintext, SetDigestRequest, SetDigestStatement, SignedStateQuery, StateAnswer } from '@selvedge/protocol';
import type { TaggedEntry } from '@selvedge/set-digest';

/** The key broker, as it is reached. */
export interface KeyBrokerPort {
  challenge(signal: AbortSignal): Promise<ChallengeAnswer>;
  releaseKeys(request: KeyRequest, signal: AbortSignal): Promise<KeyRelease>;
}

/** One business node, as it is reached. Nothing that it says is believed unchecked. */
export interface BusinessPort {
  /** The organisation it belongs to. */
  readonly mspId: string;
  readonly address: string;
  /** Rejects, with TIMEOUT at the latest after timeoutMs. */
  queryState(query: SignedStateQuery, timeoutMs: number): Promise<StateAnswer>;
  /** A nonce to prove oneself under. Rejects as queryState. */
  challengeReader(timeoutMs: number): Promise<ReaderChallenge>;
  /** Opens the channel that plaintext comes through. Rejects as queryState. */
  admitReader(evidence: ReaderEvidence, timeoutMs: number): Promise<ReaderAdmission>;
}

/** An entry as a business node serves it: packet bytes, or a value that it keeps in plaintext, which came through an attested channel. */
export type ServedEntry = Uint8Array | ServedPlaintext;

/** One follower of the ledger, as it is reached for digests of sets. Its signature is what counts. */
export interface SetDigestPort {
  readonly mspId: string;
  readonly address: string;
  /** Rejects, with TIMEOUT at the latest after timeoutMs. */
  getSetDigest(asked: Omit<SetDigestRequest, '$typeName' | '$unknown'>, timeoutMs: number): Promise<SetDigestStatement>;
}

/** One follower, as a source of where histories end. */
export interface HistoryHeadPort {
  /** The organisation it belongs to. */
  readonly mspId: string;
  readonly address: string;
  /** Rejects, with TIMEOUT at the latest after timeoutMs. */
  getHistoryHead(request: HistoryHeadRequest, timeoutMs: number): Promise<HistoryHeadStatement>;
}

/** One follower, as a source of how transactions ended. */
export interface CommitStatementPort {
  /** The organisation it belongs to. */
  readonly mspId: string;
  readonly address: string;
  /** Rejects, with TIMEOUT at the latest after timeoutMs. */
  getCommitStatement(request: CommitStatementRequest, timeoutMs: number): Promise<CommitStatement>;
}

/** One follower, as a source of which reads stand. */
export interface ReadsPort {
  /** The organisation it belongs to. */
  readonly mspId: string;
  readonly address: string;
  /** Rejects, with TIMEOUT at the latest after timeoutMs. */
  confirmReads(request: ConfirmReadsRequest, timeoutMs: number): Promise<ReadsStatement>;
}

/** A signing key with its TEE certificate: one per suite. */
export interface CertifiedSigner {
  readonly suite: string;
  /** TEE certificate, DER. */
  readonly certificate: Uint8Array;
  /** The certified key: SubjectPublicKeyInfo, DER. */
  readonly publicKeyDer: Uint8Array;
  /** What the certificate was given for. */
  readonly evidence: NodeEvidence;
  sign(message: Uint8Array): Uint8Array;
}

/** What all reads of one request share. */
export interface ReadScope {
  readonly contract: string;
  /** Datasets of the contract that their owners keep in plaintext: they are read through an attested channel. Default: none. */
  readonly plaintext?: ReadonlySet<string>;
  /** Signs the queries; of the contract's suite. */
  readonly signer: CertifiedSigner;
  /** Answers of a lower height are refused as STATE_BEHIND. */
  readonly minHeight: bigint;
  /** The profile that stands: whose statements count, and how many. */
  readonly profile: Profile;
  /** Business nodes that are asked last, by address: they served this request what does not stand. */
  readonly avoid?: ReadonlySet<string>;
}

/** A business node that served something. */
export interface ServingNode {
  readonly mspId: string;
  readonly address: string;
}

/** One entry or one set of entries of a dataset, at one of its owners. */
export interface PlaceOfRead {
  readonly ownerSet: string;
  /** MSP ids. */
  readonly owners: readonly string[];
  readonly dataset: string;
}

export interface PointQuery<T> extends PlaceOfRead {
  /** 32 bytes. */
  readonly ledgerKey: Uint8Array;
  /** Whether the key's own endorsement policy is wanted too. */
  readonly withKeyPolicy?: boolean;
  /** SHA-256 of the key in the collection that the dataset takes over: its entry there is wanted where there is no packet. Default: none is. */
  readonly legacyKeyHash?: Uint8Array;
  /** That the key is absent will be confirmed by what the ledger has: no other source may say so. */
  readonly takesOver?: boolean;
  /** Opens the entry; undefined: absent. legacyValue: what is there in place of a packet, by the node's word; empty: nothing. keyPolicy: empty when there is none, or none was wanted; height: of the answer, by the node's word; node: which answers, undefined where none was asked. Whatever it throws makes the answer forged. */
  open(entry: ServedEntry | undefined, keyPolicy: Uint8Array, height: bigint, node: ServingNode | undefined, legacyValue: Uint8Array): T;
}

/** A set as one business node served it, complete by its word. */
export interface KeptSet<T> {
  readonly entries: readonly T[];
  /** Value of the dataset's content guard while it was read, 32 bytes. */
  readonly contentTxId: Uint8Array;
}

/**
 * What is remembered of one set, apart for each business node: a node that left something out shall not have it blamed on
 * another. It holds for as long as the dataset's content guard has the same value.
 */
export interface SetMemory<T> {
  /** 32 bytes. */
  readonly contentGuardKey: Uint8Array;
  /** @param address of the business node */
  find(address: string): KeptSet<T> | undefined;
  keep(address: string, set: KeptSet<T>): void;
  forget(address: string): void;
}

/** A set of a dataset's entries, with the guard that changes when the set does. */
export interface SetQuery<T> extends PlaceOfRead {
  /** 32 bytes. */
  readonly guardKey: Uint8Array;
  /** A submit rests on it: it is accepted only with the statements of a quorum that it is complete. */
  readonly confirm: boolean;
  /** The entries may be of several moments, so that a set can be read that changes all the time; nothing is remembered then. */
  readonly isOfAnyMoment?: boolean;
  /** Packets are wanted even of a dataset that its owners keep in plaintext. Default: false. */
  readonly asPackets?: boolean;
  /** Opens one entry; whatever it throws makes the answer forged. */
  open(entry: ServedEntry): T;
  /** Only where each write of the dataset changes its content guard. undefined: the set is read anew. */
  readonly memory?: SetMemory<T> | undefined;
}

/** The entries of one composite-key object type, with the type's membership guard. */
export interface TagQuery<T> extends SetQuery<T> {
  /** 32 bytes. */
  readonly datasetTag: Uint8Array;
}

export interface SetContent<T> {
  readonly entries: readonly T[];
  /** Value of the guard, 32 bytes; empty: never written. */
  readonly guardTxId: Uint8Array;
  /** Equal statements of a quorum of organisations that these are all entries; none where that was not asked for. */
  readonly statements: readonly SetDigestStatement[];
  /** Which node served it. */
  readonly node: ServingNode;
}

/** A key's history. */
export interface HistoryQuery extends PlaceOfRead {
  /** 32 bytes. */
  readonly ledgerKey: Uint8Array;
  /** Only so many of the newest versions are wanted. Default: all. */
  readonly limit?: number;
}

/** Where a request's reads go. Throws STATE_UNAVAILABLE, STATE_BEHIND, STATE_FORGED, STATE_MISSING_PACKET, STALE_GUARD, SET_DIGEST_UNCONFIRMED or OVERLOADED. */
export interface StateSource {
  readPoint<T>(scope: ReadScope, query: PointQuery<T>): Promise<T>;
  /** All entries under the tag, with the guard that stood while all of them were read. */
  readSet<T extends TaggedEntry>(scope: ReadScope, query: TagQuery<T>): Promise<SetContent<T>>;
  /**
   * All entries of a dataset, of whatever object type, with the dataset's content guard. Where the dataset keeps none,
   * the guard is never written and the entries may be of several moments.
   */
  readDataset<T extends TaggedEntry>(scope: ReadScope, query: SetQuery<T>): Promise<SetContent<T>>;
  /** All versions, newest first, exactly those that followers chained. Throws HISTORY_UNCONFIRMED or HISTORY_NOT_KEPT too. */
  readHistory<T>(scope: ReadScope, query: HistoryQuery, open: (version: KeyVersion) => T): Promise<T[]>;
}
