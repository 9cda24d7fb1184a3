import { create } from '@bufbuild/protobuf';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { AttachmentsSchema, isSameCores, TargetDataSchema, type TargetData } from '@selvedge/protocol';
import type { Answer, TargetAnswer } from './answer.js';

/**
 * Groups the target data of one request: cores of all replicas must be equal byte by byte, their TEE signatures are
 * collected. Throws REPLICAS_DISAGREE and names who said what; COMPUTE_QUORUM_NOT_MET without answers.
 */
export function groupReplicas(answers: readonly Pick<TargetAnswer, 'nodeId' | 'targetData'>[]): TargetData {
  const first = requireOne(answers);
  requireAgreement(answers, (a, b) => isSameCores(a.targetData, b.targetData));
  const attachments = answers.map((answer) => answer.targetData.attachments ?? create(AttachmentsSchema));
  const [shared] = attachments;
  return create(TargetDataSchema, {
    cores: first.targetData.cores,
    itemMask: first.targetData.itemMask,
    attachments: {
      // Covered by hashes in the cores, so those of one replica are those of all.
      packets: shared?.packets ?? [],
      sealedEvents: shared?.sealedEvents ?? [],
      keyPolicies: shared?.keyPolicies ?? [],
      teeSignatures: attachments.flatMap((attachment) => attachment.teeSignatures),
      statements: attachments.flatMap((attachment) => attachment.statements),
    },
  });
}

/** Checks that gated results are one box at all nodes. Throws as groupReplicas. */
export function requireSameGatedResult(answers: readonly Answer[]): void {
  requireAgreement(answers, (a, b) => equalBytes(a.response.gatedResult, b.response.gatedResult));
}

/** Checks that evaluates on several nodes gave the same payload. Throws as groupReplicas. */
export function requireSameResult(answers: readonly Answer[]): Uint8Array {
  const first = requireOne(answers);
  requireAgreement(answers, (a, b) => equalBytes(a.response.payload, b.response.payload));
  return first.response.payload;
}

function requireOne<T>(answers: readonly T[]): T {
  const [first] = answers;
  if (first === undefined) throw new SelvedgeError('COMPUTE_QUORUM_NOT_MET', 'no compute node answered', { role: 'client' });
  return first;
}

function requireAgreement<T extends Pick<Answer, 'nodeId'>>(answers: readonly T[], isSame: (a: T, b: T) => boolean): void {
  const groups: T[][] = [];
  for (const answer of answers) {
    const group = groups.find(([member]) => member !== undefined && isSame(member, answer));
    if (group === undefined) groups.push([answer]);
    else group.push(answer);
  }
  if (groups.length <= 1) return;
  const names = groups.map((group) => group.map((answer) => answer.nodeId).join(', ')).join(' | ');
  throw new SelvedgeError('REPLICAS_DISAGREE', `compute nodes gave ${String(groups.length)} different results: ${names}`, { role: 'client', details: { nodes: names } });
}
