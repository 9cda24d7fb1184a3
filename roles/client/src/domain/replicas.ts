import { create } from '@bufbuild/protobuf';
import { SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { AttachmentsSchema, TargetDataSchema, type TargetData } from '@selvedge/protocol';

/** A compute node whose answer was not that of the nodes that agreed. */
export interface OutvotedNode {
  readonly nodeId: string;
  /** Where it differs: `the result`, `what stones writes`; or the code of its refusal. */
  readonly differs: string;
}

/** What one compute node refused a call with. */
export interface Refusal {
  readonly nodeId: string;
  readonly refusal: SelvedgeError;
}

/** Answers that are the same, the most frequent first, otherwise as they came. */
export function groupAnswers<T>(answers: readonly T[], isSame: (a: T, b: T) => boolean): (readonly [T, ...T[]])[] {
  const groups: [T, ...T[]][] = [];
  for (const answer of answers) {
    const group = groups.find(([first]) => isSame(first, answer));
    if (group === undefined) groups.push([answer]);
    else group.push(answer);
  }
  return groups.sort((a, b) => b.length - a.length);
}

/** The refusal that most nodes gave, and how many did; undefined without any. */
export function mostFrequent(refusals: readonly Refusal[]): { readonly refusal: SelvedgeError; readonly count: number } | undefined {
  const [most] = groupAnswers(refusals, (a, b) => a.refusal.code === b.refusal.code);
  return most === undefined ? undefined : { refusal: most[0].refusal, count: most.length };
}

/** The target data of replicas whose cores are equal byte by byte, with the TEE signatures of all. */
export function mergeReplicas([first, ...others]: readonly [TargetData, ...TargetData[]]): TargetData {
  const attachments = [first, ...others].map((replica) => replica.attachments ?? create(AttachmentsSchema));
  const [shared] = attachments;
  return create(TargetDataSchema, {
    cores: first.cores,
    itemMask: first.itemMask,
    attachments: {
      // Covered by hashes in the cores, so those of one replica are those of all.
      packets: shared?.packets ?? [],
      sealedEvents: shared?.sealedEvents ?? [],
      keyPolicies: shared?.keyPolicies ?? [],
      legacyKeys: shared?.legacyKeys ?? [],
      teeSignatures: attachments.flatMap((attachment) => attachment.teeSignatures),
      statements: attachments.flatMap((attachment) => attachment.statements),
      nodeEvidence: attachments.flatMap((attachment) => attachment.nodeEvidence),
    },
  });
}

/** What nodes said that did not agree: groups of answers with the first difference of each from the first group, and refusals. */
export interface Disagreement {
  readonly contract: string;
  readonly groups: readonly { readonly nodeIds: readonly string[]; readonly differs: string }[];
  readonly refusals: readonly Refusal[];
  /** Whether all that differs is what state was read: the ledger moved in between. */
  readonly isOfState: boolean;
}

/** One is told from the other by a majority: it takes three. */
const LEAST_TO_TELL = 3;

/**
 * Why no quorum of nodes agrees. STALE_READ when they only read other states; CHAINCODE_NONDETERMINISTIC when three or more read
 * the same and no two agree; otherwise REPLICAS_DISAGREE, which names who said what.
 */
export function describeDisagreement({ contract, groups, refusals, isOfState }: Disagreement): SelvedgeError {
  const nodes = [...groups.map(({ nodeIds }) => nodeIds.join(', ')), ...refusals.map(({ nodeId, refusal }) => `${nodeId} (${refusal.code})`)].join(' | ');
  const differs = [...new Set(groups.slice(1).map((group) => group.differs))].join('; ');
  const refuse = (code: RefusalCode, text: string): SelvedgeError => new SelvedgeError(code, text, { role: 'client', details: { contract, nodes, differs } });
  if (isOfState) return refuse('STALE_READ', `compute nodes ran contract ${contract} on different states: ${nodes}`);
  const isEachItsOwn = groups.length >= LEAST_TO_TELL && groups.every(({ nodeIds }) => nodeIds.length === 1);
  if (isEachItsOwn) return refuse('CHAINCODE_NONDETERMINISTIC', `contract ${contract} gave ${String(groups.length)} different results on as many compute nodes (${differs}): ${nodes}`);
  return refuse('REPLICAS_DISAGREE', `compute nodes gave ${String(groups.length)} different results of contract ${contract} (${differs}): ${nodes}`);
}
