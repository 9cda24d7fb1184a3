import { SelvedgeError } from '@selvedge/errors';
import { compareText, encodeMessage, EndorsementPayloadSchema, targetDigest, type Core } from '@selvedge/protocol';
import type { ParsedTargetData } from './check-shape.js';
import type { ContractRules } from './contract-rules.js';
import type { RecordedFact } from './fact-recorder.js';

/** The business nodes that shall store one owner set's packets. */
export interface Target {
  readonly contract: string;
  readonly ownerSet: string;
  /** MSP ids, sorted. */
  readonly owners: string[];
}

/** Owner sets that the cores write, with their owners by policy; sorted by contract, then owner set. */
export function declareTargets(cores: readonly Core[], rules: ReadonlyMap<string, ContractRules>): Target[] {
  const targets = new Map<string, Target>();
  for (const { contract, writes } of cores.flatMap((core) => core.sections)) {
    for (const ownerSet of new Set(writes.map((write) => write.ownerSet))) {
      const owners = rules.get(contract)?.ownerSets.get(ownerSet)?.owners;
      if (owners === undefined) throw new SelvedgeError('OWNER_SET_MISMATCH', 'an owner set is not in the contract’s policy');
      targets.set(JSON.stringify([contract, ownerSet]), { contract, ownerSet, owners: [...owners].sort(compareText) });
    }
  }
  return [...targets.values()].sort((a, b) => compareText(a.contract, b.contract) || compareText(a.ownerSet, b.ownerSet));
}

/** What every endorser signs: equal bytes everywhere, with no clock, height or MSP in it. */
export function encodeEndorsementPayload(targetData: ParsedTargetData, targets: Target[], factReads: RecordedFact[]): Uint8Array {
  const { network, channel } = targetData.core;
  return encodeMessage(EndorsementPayloadSchema, {
    network,
    channel,
    targetDigest: targetDigest(targetData.coreBytes, targetData.itemMask),
    targets,
    factReads,
  });
}
