import { create } from '@bufbuild/protobuf';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, RequestKind, signing, TargetDataSchema } from '@selvedge/protocol';
import { executeOnQuorum, type AgreementOptions, type AgreementRules } from './agreement.js';
import { mergeParts, openMapAnswer, type MapAnswer } from './domain/map-answer.js';
import { callOf } from './execution.js';
import { missingFor } from './missing-nodes.js';
import type { ProposalOptions } from './proposal-options.js';
import { createRequests, type RequestContent, type RequestOrigin } from './requests.js';
import type { Session } from './session.js';
import { verifyReplica } from './verify-replica.js';

/** What each part of a request says to the contract. */
type PartContent = Pick<RequestContent, 'args' | 'transient'>;

interface MapOptions extends AgreementOptions, Pick<ProposalOptions, 'onOutvoted'> {
  /** Nodes that the caller wants to agree on each part. */
  readonly wanted: number;
}

/** Throws INVALID_CONFIGURATION for no partition, or too many. */
export function verifyPartitionCount(count: number): void {
  if (count < 1 || count > LIMITS.maxParts) throw new SelvedgeError('INVALID_CONFIGURATION', `partitions: 1 to ${String(LIMITS.maxParts)}`, { role: 'client' });
}

/**
 * Has the map of each part run by as many compute nodes as the contracts ask for that it touches, all parts at once and spread over the
 * nodes: SignedPart bytes, by index. A node that fails is replaced for its part alone. The first refusal for good ends the others.
 * Throws what executeOnQuorum and openMapAnswer throw.
 */
export async function mapParts(session: Session, contract: string, contents: readonly PartContent[], origin: RequestOrigin, { wanted, replicas, signal, onOutvoted }: MapOptions): Promise<Uint8Array[]> {
  const ending = new AbortController();
  const bounds = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
  const rules = mapRules(session, contract, wanted);
  const mapOne = ({ args, transient }: PartContent, index: number): Promise<Uint8Array> => {
    const requests = createRequests(session, contract, { args, transient, place: { index, count: contents.length } }, origin);
    return requests.withFreshEvidence(RequestKind.MAP, async (request) => {
      const { answers, outvoted } = await executeOnQuorum(session, callOf(request, openMapAnswer), rules, { replicas, signal: bounds });
      if (outvoted.length > 0) onOutvoted?.(outvoted);
      return mergeParts(answers);
    });
  };
  try {
    return await Promise.all(contents.map(mapOne));
  } finally {
    ending.abort();
  }
}

/** What makes answers to a map one: the box, which holds all that was read and found. */
function mapRules({ trust, clock }: Session, contract: string, wanted: number): AgreementRules<MapAnswer> {
  return {
    isSame: (a, b) => equalBytes(a.part.sealedPart, b.part.sealedPart) && a.contracts.join() === b.contracts.join(),
    differenceOf: (a, b) => (equalBytes(a.readDigest, b.readDigest) ? { differs: 'a part', isOfState: false } : { differs: 'what a map read', isOfState: true }),
    verify: async ({ nodeId, part: { sealedPart, signatures, statements, nodeEvidence } }) => { verifyReplica({ nodeId, signed: signing.part(sealedPart), signatures, statements, nodeEvidence }, await trust.view(), clock()); },
    missing: async (answers) => {
      const signed = answers.map(({ part }) => ({ targetData: create(TargetDataSchema, { attachments: { teeSignatures: part.signatures } }) }));
      return Math.max(wanted - answers.length, await missingFor(trust, answers[0]?.contracts ?? [contract], signed));
    },
  };
}
