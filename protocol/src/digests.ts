import { labelledHash, sha256, signingInput, type Part } from '@selvedge/crypto';

/** Labels of every signature, in one place: no two signatures can be taken for each other. */
export const signing = {
  request: (body: Uint8Array) => signingInput('request', body),
  stateQuery: (query: Uint8Array) => signingInput('state query', query),
  ledgerView: (statement: Uint8Array) => signingInput('ledger view', statement),
  historyHead: (statement: Uint8Array) => signingInput('history head', statement),
  part: (sealedPart: Uint8Array) => signingInput('part', sealedPart),
  commitStatement: (statement: Uint8Array) => signingInput('commit statement', statement),
  setDigest: (statement: Uint8Array) => signingInput('set digest', statement),
  standingReads: (statement: Uint8Array) => signingInput('standing reads', statement),
  endorsement: (payload: Uint8Array, endorser: Uint8Array) => signingInput('endorsement', payload, endorser),
  /** expiresAtHeight: the receipt counts in blocks with a lower number only; after it the node may forget the packets. */
  receipt: (network: string, channel: string, digest: Uint8Array, node: Uint8Array, expiresAtHeight: bigint) =>
    signingInput('receipt', network, channel, digest, node, expiresAtHeight),
  block: (header: Uint8Array) => signingInput('block', header),
  view: (body: Uint8Array) => signingInput('view', body),
  /** digest: of the question, see viewDigest. */
  viewAnswer: (digest: Uint8Array, enc: Uint8Array, ciphertext: Uint8Array) => signingInput('view answer', digest, enc, ciphertext),
  profile: (profile: Uint8Array) => signingInput('profile', profile),
  policyChange: (change: Uint8Array) => signingInput('policy change', change),
  operator: (nonce: Uint8Array, nodeId: string, signingKey: Uint8Array, ephemeralKey: Uint8Array) =>
    signingInput('operator', nonce, nodeId, signingKey, ephemeralKey),
  replicaOperator: (nonce: Uint8Array, ownNonce: Uint8Array, ephemeralKey: Uint8Array) => signingInput('replica operator', nonce, ownNonce, ephemeralKey),
  auditEntry: (hash: Uint8Array) => signingInput('audit entry', hash),
  keyCommitments: (commitments: Uint8Array) => signingInput('key commitments', commitments),
  /** A business node's word that it is the other end of a reader's channel. */
  readerAdmission: (nonce: Uint8Array, ephemeralKey: Uint8Array, channelId: Uint8Array, enc: Uint8Array) => signingInput('reader admission', nonce, ephemeralKey, channelId, enc),
  ownerKeys: (statement: Uint8Array) => signingInput('owner keys', statement),
  nameKeyCommitment: (commitment: Uint8Array) => signingInput('name key commitment', commitment),
  /** origin: scheme://host:port; challenge: as the console gave it out, hexadecimal. */
  consoleSignIn: (network: string, channel: string, origin: string, challenge: string) => signingInput('console sign-in', network, channel, origin, challenge),
} as const;

/** Fabric's transaction id: SHA-256(nonce || creator), 32 bytes. */
export function computeTxId(nonce: Uint8Array, creator: Uint8Array): Uint8Array {
  return sha256(nonce, creator);
}

/** Identifies a network profile, in report data and requests. 32 bytes. */
export function profileDigest(profile: Uint8Array): Uint8Array {
  return labelledHash('profile digest', profile);
}

/** Identifies a question to a viewer by its SignedView bytes, which nobody but reader and viewer knows. 32 bytes. */
export function viewDigest(signedView: Uint8Array): Uint8Array {
  return labelledHash('view digest', signedView);
}

/** Identifies a role's own statement in report data. 32 bytes. */
export function statementDigest(statement: Uint8Array): Uint8Array {
  return labelledHash('statement digest', statement);
}

/** Identifies a locked key broker's statement in report data, so that neither statement of a broker can pass for the other. 32 bytes. */
export function unlockStatementDigest(statement: Uint8Array): Uint8Array {
  return labelledHash('unlock statement digest', statement);
}

/** Identifies the making of a broker's root in report data. 32 bytes. */
export function rootBirthDigest(rootCertificate: Uint8Array): Uint8Array {
  return labelledHash('root birth digest', rootCertificate);
}

/** SHA-256 under the policy label over sorted (key, value) pairs: the root in a ledger view. 32 bytes. */
export function policyRoot(facts: readonly { key: string; value: Uint8Array }[]): Uint8Array {
  const parts: Part[] = facts.flatMap((fact) => [fact.key, fact.value]);
  return labelledHash('policy root', facts.length, ...parts);
}

/** Names the HPKE key that an owner's copy is sealed to. 32 bytes. */
export function ownerKeyId(suite: string, publicKey: Uint8Array): Uint8Array {
  return labelledHash('owner key', suite, publicKey);
}

/** Commitment of one secret key under the name of its purpose. 32 bytes. */
export function keyCommitment(purpose: 'data' | 'name' | 'random' | 'gate' | 'event', key: Uint8Array): Uint8Array {
  return labelledHash('key commitment', purpose, key);
}

/**
 * Ledger key of the membership guard of a dataset's composite-key object type. Anyone can compute it from the dataset
 * tag, so endorsers can check that a write carries the guard that it needs. 32 bytes.
 */
export function membershipGuardKey(datasetTag: Uint8Array): Uint8Array {
  return labelledHash('guard', 'membership', datasetTag);
}

/** Ledger key of a dataset's content guard: one for all object types, since a rich query spans them all. 32 bytes. */
export function contentGuardKey(contract: string, dataset: string): Uint8Array {
  return labelledHash('guard', 'content', contract, dataset);
}

/** Ledger key of the guard that changes when a set does: a tag's membership guard; datasetTag empty: the dataset's content guard. 32 bytes. */
export function setGuardKey({ contract, dataset, datasetTag }: { readonly contract: string; readonly dataset: string; readonly datasetTag: Uint8Array }): Uint8Array {
  return datasetTag.length === 0 ? contentGuardKey(contract, dataset) : membershipGuardKey(datasetTag);
}

/** A version of a key, as it stands in its history. */
export interface HistoryVersion {
  readonly txId: Uint8Array;
  readonly timestampSeconds: bigint;
  readonly timestampNanos: number;
  /** Empty: a delete. */
  readonly packetHash: Uint8Array;
}

/** End of a key's hash chain with one more version. previous: empty before the first. 32 bytes. */
export function historyHead(previous: Uint8Array, { txId, timestampSeconds, timestampNanos, packetHash }: HistoryVersion): Uint8Array {
  return labelledHash('history', previous, txId, timestampSeconds, timestampNanos, packetHash);
}
