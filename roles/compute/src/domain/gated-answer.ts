import type { MessageInitShape } from '@bufbuild/protobuf';
import { isSelvedgeError, SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { targetDigest, type ResponseSchema } from '@selvedge/protocol';
import { gatedDigestKey, gatedResponseDigest, sealGatedResult } from '@selvedge/sealed-objects';
import { plaintextDatasets } from '@selvedge/tee-node';
import type { AuthorisedRequest } from './authorise.js';
import { agreedResponse, createTargetItem, isChaincodeError, type TargetItem } from './seal-answer.js';

type ResponseInit = MessageInitShape<typeof ResponseSchema>;

const EMPTY = new Uint8Array(0);
const OK = 200;
const FAILED = 500;
const WITHHELD = 'withheld, because the function’s result is gated on commit';

/** Refusals that are of the network's making and not the function's: a client has to know them, to try again. */
const PASSING: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'NOT_READY',
  'OVERLOADED',
  'DRAINING',
  'CANCELLED',
  'CONTRACT_CODE_MISSING',
  'CONTRACT_CODE_MISMATCH',
  'CHAINCODE_START_FAILED',
  'VIEW_QUORUM_UNREACHABLE',
  'VIEW_BEHIND',
  'STATE_UNAVAILABLE',
  'STATE_BEHIND',
  'STATE_FORGED',
  'STATE_MISSING_PACKET',
  'STALE_GUARD',
  'SET_DIGEST_UNCONFIRMED',
  'HISTORY_UNCONFIRMED',
  'KEY_EPOCH_UNKNOWN',
  'KEY_EPOCH_RETIRED',
  'KEY_EPOCH_REVOKED',
]);

/** The function's answer, and what its target data is made of. */
type GatedRun = Omit<Parameters<typeof createTargetItem>[0], 'request' | 'answerDigests'>;

/** A gated function's answer as its client gets it before the commit, with what it adds to target data. */
export interface GatedAnswer {
  readonly response: ResponseInit;
  /** Absent: it failed. */
  readonly item?: TargetItem;
}

/**
 * Answers a gated function: how long its result is (Padmé), and that it failed, is all that shows of it. Throws FEATURE_UNSUPPORTED for an
 * event, and for a value of a called contract's plaintext dataset, which its readers, or its owners, could open before the commit; refusals that the network gave, without their text.
 *
 * @param run gives the function's answer and what its target data is made of; throws what it was refused with
 */
export async function answerGated(
  request: AuthorisedRequest,
  viewHeight: bigint,
  run: () => Promise<GatedRun>,
): Promise<GatedAnswer> {
  const input = await withholding(run);
  if (input === undefined || isChaincodeError(input.result)) return failedAnswer(viewHeight);
  if (input.result.event !== undefined) throw new SelvedgeError('FEATURE_UNSUPPORTED', 'an event that a gated function sets (setEvent)');
  const open = input.parts.find(writesPlaintext);
  if (open !== undefined) throw new SelvedgeError('FEATURE_UNSUPPORTED', `writing to a dataset in plaintext, of contract ${open.terms.policy.name}, in a transaction that is gated on commit`);
  return (await withholding(() => sealedAnswer(request, viewHeight, input))) ?? failedAnswer(viewHeight);
}

function writesPlaintext({ terms: { policy }, recorded: { writes } }: GatedRun['parts'][number]): boolean {
  const inPlaintext = plaintextDatasets(policy);
  return writes.some(({ dataset, effect }) => effect.kind === 'put' && inPlaintext.has(dataset));
}

/** undefined: refused by what the function did. Throws what the network refused, without its text. */
async function withholding<T>(step: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    if (!isSelvedgeError(error)) throw error;
    if (PASSING.has(error.code)) throw new SelvedgeError(error.code, WITHHELD);
    return undefined;
  }
}

function sealedAnswer(request: AuthorisedRequest, viewHeight: bigint, input: GatedRun): GatedAnswer {
  const { suite } = request.policy;
  const { gateKey } = request.epochKeys;
  const response = agreedResponse(input.result);
  let digestKey: Uint8Array = EMPTY;
  const item = createTargetItem({
    ...input,
    request,
    answerDigests: (blankCore) => {
      digestKey = gatedDigestKey(suite, gateKey, blankCore(), response);
      return { responseDigest: gatedResponseDigest(suite, digestKey, response), eventDigest: EMPTY };
    },
  });
  const gatedResult = sealGatedResult({ suite, gateKey, coreDigest: targetDigest([item.core], EMPTY), digestKey, response });
  return { response: { status: OK, viewHeight, gatedResult }, item };
}

function failedAnswer(viewHeight: bigint): GatedAnswer {
  return { response: { status: FAILED, message: `the function failed; why is ${WITHHELD}`, viewHeight } };
}
