import { SelvedgeError } from '@selvedge/errors';
import { encodeMessage, SignedPartSchema, type SealedResponse, type SignedPart } from '@selvedge/protocol';
import { openResponseTo, type Answer } from './answer.js';
import type { BuiltRequest } from './request.js';

/** An answer to a map: a box that the client passes on. */
export interface MapAnswer extends Answer {
  readonly part: SignedPart;
  /** That the map touched, the invoked one first, by the node's word: nodes that reduce know better. */
  readonly contracts: readonly string[];
  /** Of what it read, by the node's word: tells nodes that saw different states from nodes that made different things of one. */
  readonly readDigest: Uint8Array;
}

/** Opens the answer to a map. Throws as openResponseTo, and TARGET_DATA_INCONSISTENT for one that brings anything else than a part. */
export function openMapAnswer(request: BuiltRequest, sealed: SealedResponse): MapAnswer {
  const response = openResponseTo(request, sealed, undefined);
  const { map, payload } = response;
  const isCallable = (contract: string): boolean => contract === request.contract || request.calledEpochs.has(contract);
  if (map?.part === undefined || payload.length > 0 || map.contracts[0] !== request.contract || !map.contracts.every(isCallable)) {
    throw new SelvedgeError('TARGET_DATA_INCONSISTENT', `compute node ${sealed.nodeId} answered a map with something else than a part`, { role: 'client', details: { nodeId: sealed.nodeId } });
  }
  return { nodeId: sealed.nodeId, response, part: map.part, contracts: map.contracts, readDigest: map.readDigest };
}

/** SignedPart bytes: one box, with the signatures of all nodes that made it. */
export function mergeParts(answers: readonly [MapAnswer, ...MapAnswer[]]): Uint8Array {
  return encodeMessage(SignedPartSchema, {
    sealedPart: answers[0].part.sealedPart,
    signatures: answers.flatMap(({ part }) => part.signatures),
    statements: answers.flatMap(({ part }) => part.statements),
    nodeEvidence: answers.flatMap(({ part }) => part.nodeEvidence),
  });
}
