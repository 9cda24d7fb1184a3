import { evidenceDigest, verifyNodeEvidenceLimits, verifyTeeSignatures } from '@selvedge/attestation';
import { equalBytes, sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { LedgerView } from '@selvedge/ledger-view';
import { setGuardKey, teeSigningInput, type Core, type NodeEvidence, type SetDigest, type SetDigestStatement, type TargetData, type TeeSignature } from '@selvedge/protocol';
import { verifySetStatement } from '@selvedge/set-digest';

/** What a node sends beside what all replicas agree on, and what it signed. */
export interface SignedReplica {
  readonly nodeId: string;
  readonly signed: Uint8Array;
  readonly signatures: readonly TeeSignature[];
  readonly nodeEvidence: readonly NodeEvidence[];
  readonly statements: readonly SetDigestStatement[];
}

/**
 * Whether what a node sends beside its core is such that endorsers take it: one node's nonsense would spoil the signatures of all that
 * it is put together with. Returns what the statements say. Throws TARGET_DATA_INCONSISTENT, SET_DIGEST_INVALID, LIMIT_EXCEEDED, and as verifyTeeSignatures.
 */
export function verifyReplica({ nodeId, signed, signatures, nodeEvidence, statements }: SignedReplica, view: LedgerView, at: Date): readonly SetDigest[] {
  const inconsistent = (what: string): SelvedgeError => new SelvedgeError('TARGET_DATA_INCONSISTENT', `compute node ${nodeId} ${what}`, { role: 'client', details: { nodeId } });
  if (signatures.length !== 1) throw inconsistent(`sent ${String(signatures.length)} TEE signatures`);
  const [certificate] = verifyTeeSignatures(signatures, signed, { facts: view, profile: view.profile, at });
  if (certificate?.binding.nodeId !== nodeId) throw inconsistent('signed as another');
  verifyNodeEvidenceLimits(nodeEvidence);
  const isOwn = nodeEvidence.length <= 1 && nodeEvidence.every(({ evidence }) => evidence !== undefined && equalBytes(evidenceDigest(evidence), certificate.binding.evidenceDigest));
  if (!isOwn) throw inconsistent('showed evidence that is not its own');
  return statements.map((statement) => verifySetStatement(statement, view.profile).digest);
}

/** The same for target data, whose cores say which sets were queried and which events were set. */
export function verifyTargetReplica(nodeId: string, { cores: coreBytes, attachments }: TargetData, cores: readonly Core[], view: LedgerView, at: Date): void {
  const { teeSignatures: signatures = [], nodeEvidence = [], statements = [], sealedEvents = [] } = attachments ?? {};
  const digests = verifyReplica({ nodeId, signed: teeSigningInput(coreBytes), signatures, nodeEvidence, statements }, view, at);
  const inconsistent = (what: string): SelvedgeError => new SelvedgeError('TARGET_DATA_INCONSISTENT', `compute node ${nodeId} sent ${what}`, { role: 'client', details: { nodeId } });
  const sections = cores.flatMap((core) => core.sections);
  const guards = new Set(sections.flatMap(({ contract, guardsRead }) => guardsRead.map((guard) => guardText(contract, guard.guardKey, guard.txId))));
  for (const digest of digests) {
    if (!guards.has(guardText(digest.contract, setGuardKey(digest), digest.guardTxId))) throw inconsistent('a statement of a set that was not queried');
  }
  const events = sections.flatMap(({ sealedEventHash }) => (sealedEventHash.length === 0 ? [] : [toHex(sealedEventHash)])).sort();
  const sent = sealedEvents.map((event) => toHex(sha256(event))).sort();
  if (events.join() !== sent.join()) throw inconsistent('other events than its core names');
}

function guardText(contract: string, guardKey: Uint8Array, txId: Uint8Array): string {
  return JSON.stringify([contract, toHex(guardKey), toHex(txId)]);
}
