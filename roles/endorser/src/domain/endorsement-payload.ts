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

/** Owner sets that the core writes, with their owners by policy; sorted by contract, then owner set. */
export function declareTargets(core: Core, rules: ReadonlyMap<string, ContractRules>): Target[] {
  return core.sections
    .flatMap((section) =>
      [...new Set(section.writes.map((write) => write.ownerSet))].map((ownerSet) => {
        const owners = rules.get(section.contract)?.ownerSets.get(ownerSet)?.owners;
        if (owners === undefined) throw new SelvedgeError('OWNER_SET_MISMATCH', 'an owner set is not in the contract’s policy');
        return { contract: section.contract, ownerSet, owners: [...owners].sort(compareText) };
      }),
    )
    .sort((a, b) => compareText(a.contract, b.contract) || compareText(a.ownerSet, b.ownerSet));
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
