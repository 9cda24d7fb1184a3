import { verifyTeeSignatures } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import type { LedgerView } from '@selvedge/ledger-view';
import { LIMITS, parseCores, requireAtMost, teeSigningInputAt, type Core, type ItemAnswer, type Response, type SealedResponse } from '@selvedge/protocol';
import { openResponseTo, verifyCore } from './answer.js';
import type { BuiltRequest } from './request.js';

/** What a submitter passed on, opened and checked against the request. */
export interface OpenedItem {
  readonly response: Response;
  readonly core: Core;
  /** Core bytes. */
  readonly coreBytes: Uint8Array;
}

const NO_MASK = new Uint8Array(0);

/**
 * Opens a compute node's answer that came through a submitter, of whom nothing is believed: the response opens under the request's own
 * transaction key and is sealed to the core, the core is of this request and names this response, and a TEE signed the batch that
 * it stands in. Throws what the node refused with, as openResponseTo and verifyCore; TARGET_DATA_INCONSISTENT, MALFORMED_MESSAGE,
 * LIMIT_EXCEEDED, and as verifyTeeSignatures.
 */
export function openItemAnswer(request: BuiltRequest, { response: sealed, core: coreBytes, index, count, path, teeSignatures }: ItemAnswer, view: LedgerView, at: Date): OpenedItem {
  if (sealed === undefined) throw inconsistent('an answer without a response');
  if (coreBytes.length === 0) {
    openResponseTo(request, sealed, undefined);
    throw inconsistent('a response without a core to a request that is to be committed');
  }
  const [core] = parseCores([coreBytes], NO_MASK) as [Core];
  const response = openResponseTo(request, sealed, coreBytes);
  verifyCore(request, sealed, core, response);
  if (core.gated) throw inconsistent('a gated core, which no batch has');
  requireAtMost('TEE signatures', teeSignatures.length, LIMITS.maxIdentities);
  const certificates = verifyTeeSignatures(teeSignatures, teeSigningInputAt(coreBytes, { index, count, path }), { facts: view, profile: view.profile, at });
  verifySigner(sealed, certificates.map(({ binding }) => binding.nodeId));
  return { response, core, coreBytes };
}

function verifySigner({ nodeId }: SealedResponse, signers: readonly string[]): void {
  if (!signers.includes(nodeId)) throw inconsistent(`an answer of compute node ${nodeId}, which did not sign the batch`);
}

function inconsistent(what: string): SelvedgeError {
  return new SelvedgeError('TARGET_DATA_INCONSISTENT', `the submitter passed on ${what}`, { role: 'client' });
}
