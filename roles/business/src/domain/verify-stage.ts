import { toHex, sha256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { readEndorsedTransaction, verifyEndorsements, type EndorsedContent, type StateReader } from '@selvedge/embedded-ledger';
import type { Profile } from '@selvedge/policy';
import { LIMITS, requireAtMost, type StageRequest, type WriteEntry } from '@selvedge/protocol';

/** What a stage request is judged against. */
export interface StageContext {
  readonly state: StateReader;
  readonly profile: Profile;
  /** This node's organisation. */
  readonly mspId: string;
}

/**
 * DESIGN 4, invariant 4: a business node stores only what enough endorsers signed *and* declared for it. The policy and
 * the declaration are judged by the same code as at commit. Throws MALFORMED_MESSAGE, LIMIT_EXCEEDED, DUPLICATE_TXID,
 * ENDORSEMENT_POLICY_FAILURE, NOT_DECLARED_HERE or PACKET_MISMATCH.
 */
export function verifyStage(request: StageRequest, { state, profile, mspId }: StageContext): EndorsedContent {
  if (request.transaction === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', 'no transaction');
  requireAtMost('packets', request.packets.length, LIMITS.maxSectionEntries);
  for (const packet of request.packets) requireAtMost('bytes of a packet', packet.length, LIMITS.maxPacketBytes);
  const content = readEndorsedTransaction(request.transaction);
  verifyTxIdUnused(content, state);
  // Between two blocks no policy is newer than what was endorsed.
  verifyEndorsements(content, { facts: state, profile, keyPolicies: { keyPolicy: (...key) => state.keyPolicy(...key), isKeyPolicyNew: () => false } });
  verifyDeclaredHere(content, mspId);
  verifyOwnPackets(content, request.packets, mspId);
  return content;
}

function verifyTxIdUnused(content: EndorsedContent, state: StateReader): void {
  if (content.txIds.some((txId) => state.result(txId) !== undefined)) throw new SelvedgeError('DUPLICATE_TXID', 'a transaction of this id was ordered already');
}

function verifyDeclaredHere({ payload }: EndorsedContent, mspId: string): void {
  if (!payload.targets.some((target) => target.owners.includes(mspId))) {
    throw new SelvedgeError('NOT_DECLARED_HERE', `the endorsements do not declare ${mspId}`);
  }
}

function verifyOwnPackets(content: EndorsedContent, packets: readonly Uint8Array[], mspId: string): void {
  const expected = new Set(ownWrites(content, mspId).flatMap(({ write }) => (write.effect.case === 'packetHash' ? [toHex(write.effect.value)] : [])));
  const actual = new Set(packets.map((packet) => toHex(sha256(packet))));
  const isSame = actual.size === packets.length && actual.size === expected.size && [...actual].every((hash) => expected.has(hash));
  if (!isSame) throw new SelvedgeError('PACKET_MISMATCH', `the packets are not those that ${mspId} shall store`);
}

/** Writes to owner sets that the endorsements declare for an organisation, each with its contract and its item's transaction id. */
export function ownWrites({ cores, payload }: EndorsedContent, mspId: string): { readonly contract: string; readonly txId: Uint8Array; readonly write: WriteEntry }[] {
  const own = new Set(payload.targets.filter((target) => target.owners.includes(mspId)).map((target) => JSON.stringify([target.contract, target.ownerSet])));
  return cores.flatMap((core) =>
    core.sections.flatMap(({ contract, writes }) =>
      writes.filter((write) => own.has(JSON.stringify([contract, write.ownerSet]))).map((write) => ({ contract, txId: core.txId, write })),
    ),
  );
}
