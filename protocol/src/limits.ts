/** Size limits of outside bytes. One place, units in the names; every parser refuses above them. */
export const LIMITS = {
  /** One gRPC message, either way. */
  maxMessageBytes: 16 * 1024 * 1024,
  /** List entries and nested messages in one message, at all depths. */
  maxElements: 100_000,
  /** A clear request header. */
  maxHeaderBytes: 1024,
  /** A sealed request's ciphertext: arguments and transient data. */
  maxRequestBytes: 4 * 1024 * 1024,
  maxArgs: 1024,
  maxTransientFields: 256,
  /** Parts of one partitioned request, and one of them, sealed; all of them travel in one request. */
  maxParts: 64,
  maxPartBytes: 2 * 1024 * 1024,
  maxCreatorBytes: 16 * 1024,
  /** Contracts whose key epochs one request fixes, beside its own. */
  maxCalledContracts: 1024,
  /** Requests of one batch, and cores of one transaction. */
  maxBatchItems: 256,
  /** Answers of a batch's items together, sealed: what they led to travels beside them in one message. One alone may be larger. */
  maxBatchAnswerBytes: 7 * 1024 * 1024,
  maxCoreBytes: 4 * 1024 * 1024,
  /** All cores of a question which items of a batch are stale, and what they read together: it is answered in one go. */
  maxStaleItemsBytes: 4 * 1024 * 1024,
  maxStaleItemsReads: 20_000,
  maxPacketBytes: 4 * 1024 * 1024,
  maxCertificateBytes: 16 * 1024,
  maxSignatureBytes: 512,
  /** Reads, writes or guards in one contract section. */
  maxSectionEntries: 20_000,
  maxSections: 16,
  /** Keys and guards that a confirmed query may read: followers look them up in one go. */
  maxConfirmedReads: 10_000,
  /** Keys that one request may have re-encrypted. */
  maxReEncryptedKeys: 1_000,
  /** Keys under older epochs that one answer lists. */
  maxListedKeys: 20_000,
  /** A key-level endorsement policy. */
  maxKeyPolicyBytes: 8 * 1024,
  maxNameBytes: 256,
  /** A key of a collection that is taken over. */
  maxLegacyKeyBytes: 4 * 1024,
  maxIdentities: 64,
  maxEvidenceBytes: 64 * 1024,
  maxProfileBytes: 1024 * 1024,
  maxFactBytes: 256 * 1024,
  maxFactChanges: 256,
  maxBlockTransactions: 2_000,
  /** Change marks of all blocks in one statement of a ledger view, 8 bytes each. */
  maxChangeMarks: 8_192,
  /** Blocks whose changes one such statement tells. */
  maxChangedBlocks: 64,
} as const;
