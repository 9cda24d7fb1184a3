import { labelledHash } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { asksForEvidence, type Profile } from '@selvedge/policy';
import { ContractSectionSchema, encodeMessage, parseCore, PartSchema, signing, type PartitionPlace, type PartitionedFunction, type ResponseSchema } from '@selvedge/protocol';
import { responseDigest, sealPart } from '@selvedge/sealed-objects';
import type { CertifiedSigner } from '@selvedge/tee-node';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ChaincodeResult } from '../ports.js';
import type { AuthorisedRequest } from './authorise.js';
import { buildCore, type ContractPart } from './build-core.js';
import type { UnsealedRequest } from './open-request.js';
import { agreedResponse } from './seal-answer.js';

const EMPTY = new Uint8Array(0);
const OK = 200;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Answers a map with a part, sealed for the contract's compute nodes and signed. It depends on the request and the state alone, so that
 * replicas make one box. Throws PART_WRITES for an event, CHAINCODE_UNSUPPORTED for what is no text, LIMIT_EXCEEDED for a part that is too large.
 */
export function answerMap(input: {
  readonly unsealed: UnsealedRequest;
  readonly request: AuthorisedRequest;
  readonly rule: PartitionedFunction;
  readonly place: PartitionPlace;
  /** What the map read, the invoked contract's first. */
  readonly parts: readonly ContractPart[];
  readonly result: ChaincodeResult;
  readonly signer: CertifiedSigner;
  readonly profile: Profile;
  readonly viewHeight: bigint;
}): MessageInitShape<typeof ResponseSchema> {
  const { unsealed, request, rule, place, parts, result, signer, profile, viewHeight } = input;
  const { body, policy, keyEpoch, epochKeys, txId } = request;
  if (result.event !== undefined) throw new SelvedgeError('PART_WRITES', 'an event that a map sets (setEvent)');
  const { core } = buildCore(request, parts, undefined, {
    requestDigest: unsealed.requestDigest,
    answerDigests: () => ({ responseDigest: responseDigest(policy.suite, unsealed.transactionKey, agreedResponse(result)), eventDigest: EMPTY }),
  });
  const part = encodeMessage(PartSchema, {
    profileDigest: body.profileDigest,
    map: rule.map,
    arguments: body.args.slice(1).map((argument) => textOf('an argument', argument)),
    result: textOf('the result', result.payload),
    core,
    unguarded: parts.flatMap(({ terms, recorded }) => (recorded.unguarded === undefined ? [] : [{ contract: terms.policy.name, dataset: recorded.unguarded }])),
  });
  const header = { keyEpoch, channel: body.channel, contract: policy.name, txId, index: place.index, count: place.count };
  const sealedPart = sealPart({ suite: policy.suite, dataKey: epochKeys.dataKey, header, part });
  return {
    status: OK,
    viewHeight,
    map: {
      part: {
        sealedPart,
        signatures: [{ certificate: signer.certificate, signature: signer.sign(signing.part(sealedPart)) }],
        statements: parts.flatMap(({ recorded }) => recorded.statements),
        nodeEvidence: parts.some(({ terms }) => asksForEvidence({ profile: profile.message, policy: terms.policy })) ? [signer.evidence] : [],
      },
      contracts: parts.map(({ terms }) => terms.policy.name),
      readDigest: readDigestOf(core),
    },
  };
}

/** Of contracts, versions and all that was read, and nothing that the map made of it. */
function readDigestOf(core: Uint8Array): Uint8Array {
  const { sections } = parseCore(core);
  return labelledHash('part reads', ...sections.map((section) => encodeMessage(ContractSectionSchema, section)));
}

/** A reduce gets both in JSON. */
function textOf(what: string, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new SelvedgeError('CHAINCODE_UNSUPPORTED', `${what} of a map that is no UTF-8 text`, { cause });
  }
}
