import { create } from '@bufbuild/protobuf';
import { createRememberingAppraise } from '@selvedge/attestation';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import { createItemMask, EndorsementSchema, signing, StaleItemsSchema, type Endorsement, type StaleItems, type StaleItemsRequest, type TargetData } from '@selvedge/protocol';
import { createAdmission } from './admission.js';
import { declareTargets, encodeEndorsementPayload } from './domain/endorsement-payload.js';
import { findStaleItems } from './domain/find-stale-items.js';
import { verifyStaleItemsQuestion, verifyStaleItemsSize } from './domain/verify-stale-items-question.js';
import { verifyTargetData } from './domain/verify-target-data.js';
import type { EndorserCheckpoint, EndorserLedger } from './ports.js';

export interface EndorserOptions {
  readonly ledger: EndorserLedger;
  /** The endorser's peer identity. */
  readonly signer: Signer;
  /** May only make it refuse. */
  readonly now: () => Date;
  /** Calls at once; default 512. */
  readonly maxInFlight?: number | undefined;
  readonly checkpoint?: EndorserCheckpoint | undefined;
}

/** Checks target data and endorses it. */
export interface Endorser {
  /** Throws NOT_READY before the ledger's first block, OVERLOADED, or the refusal of the first check that fails. */
  endorse(targetData: TargetData | undefined): Promise<Endorsement>;
  /**
   * The items that cannot be endorsed now since what they read has changed, with those that were dropped already. Throws
   * NOT_READY, OVERLOADED, LIMIT_EXCEEDED for a question that is too large, and as endorse for cores that do not parse, are of another network
   * or channel, or that no compute node in good standing has signed.
   */
  findStaleItems(request: StaleItemsRequest): Promise<StaleItems>;
}

const DEFAULT_MAX_IN_FLIGHT = 512;
/** Each is answered in one go, and takes as long as many endorsements. */
const MAX_STALE_QUESTIONS = 8;

/** Builds an endorser over a followed ledger. */
export function createEndorser({ ledger, signer, now, maxInFlight = DEFAULT_MAX_IN_FLIGHT, checkpoint = () => undefined }: EndorserOptions): Endorser {
  const admission = createAdmission(maxInFlight);
  const appraise = createRememberingAppraise();
  const questions = createAdmission(Math.min(maxInFlight, MAX_STALE_QUESTIONS));
  const requireLedger = (): void => {
    if (ledger.state.height === 0n) throw new SelvedgeError('NOT_READY', 'the endorser has not received the ledger yet');
  };
  // One synchronous stretch: checks and payload are of one height.
  const endorse = (received: TargetData): Endorsement => {
    requireLedger();
    const { targetData, rules, factReads } = verifyTargetData(received, { state: ledger.state, profile: ledger.profile(), at: now(), appraise });
    const payload = encodeEndorsementPayload(targetData, declareTargets(targetData.cores, rules), factReads);
    const txId = targetData.cores.map((core) => toHex(core.txId)).join();
    checkpoint('endorser.before-sign', txId);
    const signature = signer.sign(signing.endorsement(payload, signer.serialized));
    checkpoint('endorser.before-ack', txId);
    return create(EndorsementSchema, { payload, endorser: signer.serialized, signature });
  };
  return {
    endorse: async (targetData) => {
      if (targetData === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', 'no target data');
      return admission.run(() => endorse(targetData));
    },
    findStaleItems: async (request) => {
      verifyStaleItemsSize(request);
      return questions.run(() => {
        requireLedger();
        const kept = verifyStaleItemsQuestion(request, { state: ledger.state, profile: ledger.profile(), at: now() });
        return create(StaleItemsSchema, { itemMask: createItemMask(findStaleItems(kept, request.itemMask, ledger.state)) });
      });
    },
  };
}
