import { verifyComputeQuorum, verifyKeyHolders, verifySignerSuites, verifyTeeSignatures, verifyTeeTypes } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import { facts as factKeys, withRevocationLists } from '@selvedge/policy';
import { createItemOverlay, teeSigningInput, type ContractSection, type Core, type TargetData } from '@selvedge/protocol';
import type { EndorserState } from '../ports.js';
import { verifyCodeHash, verifyContractSuite, verifyGatedFlag, verifyKeyEpoch, verifyNames, verifyPolicyVersion } from './check-contract.js';
import { verifyDatasets } from './check-datasets.js';
import { verifySealedEvents } from './check-events.js';
import { verifyContentGuards, verifyGuardsAreKept, verifyGuardsBelong, verifyMembershipGuards } from './check-guards.js';
import { verifyKeyPoliciesCurrent, verifyKeyPoliciesSet } from './check-key-policies.js';
import { verifyLegacyEntries, verifyLegacyKeys, verifyLegacyReadsCurrent } from './check-legacy.js';
import { verifyOwnerCopies } from './check-owner-copies.js';
import { verifyPackets } from './check-packets.js';
import { verifyGuardsCurrent, verifyReadsCurrent } from './check-read-set.js';
import { verifySetDigests } from './check-set-digests.js';
import { parseTargetData, verifyAttachmentLimits, verifyChannel, verifyNetwork, verifySuiteAllowed, type ParsedTargetData } from './check-shape.js';
import { verifyOnlySupportedWrites } from './check-unsupported.js';
import type { EndorsementContext } from './context.js';
import { readContractRules, type ContractRules } from './contract-rules.js';
import { createFactRecorder, type RecordedFact } from './fact-recorder.js';

/** Target data that passed every check, and what the endorsement rests on. */
export interface VerifiedTargetData {
  readonly targetData: ParsedTargetData;
  /** By contract name. */
  readonly rules: ReadonlyMap<string, ContractRules>;
  /** Every policy fact that a check read. */
  readonly factReads: RecordedFact[];
}

/**
 * DESIGN 4, invariant 3: everything that an endorser checks, in order; each check is a statement of its own with a
 * code of its own. Throws the first refusal. Reads one height of the ledger and no more: it does not await.
 */
export function verifyTargetData(received: TargetData, context: EndorsementContext): VerifiedTargetData {
  const targetData = parseTargetData(received);
  const { cores, attachments } = targetData;
  const facts = createFactRecorder(context.state);

  verifyAttachmentLimits(attachments);
  verifyLegacyKeys(cores, attachments.legacyKeys);
  for (const core of cores) {
    verifyNetwork(core, context.profile);
    verifyChannel(core, context.profile);
    verifySuiteAllowed(core, context.profile);
    // Each contract that an item touches keeps a marker of its own.
    if (isStateOf(core.sections, context)) verifyTxIdUnused(core, context.state);
  }
  const certificates = verifyTeeSignatures(attachments.teeSignatures, teeSigningInput(targetData.coreBytes), { facts, profile: context.profile, at: context.at });
  // Its rules about keys and quorums: a profile that takes a node's keys away, the first one that has rules too, fails what the node signed before.
  facts.fact(factKeys.profile);

  const rules = new Map(cores.flatMap((core) => core.sections.map(({ contract }) => [contract, readContractRules(facts, contract)])));
  for (const core of cores) for (const { contract } of core.sections) verifyContractSuite(core, (rules.get(contract) ?? readContractRules(facts, contract)).policy);
  for (const { policy } of rules.values()) {
    const policies = { profile: context.profile.message, policy };
    verifySignerSuites(certificates, policy);
    verifyKeyHolders(certificates, policies);
    verifyTeeTypes(certificates, attachments.nodeEvidence, policies, context);
    verifyComputeQuorum(certificates, policies);
  }
  // Each item meets what the kept ones before it write.
  const overlay = createItemOverlay(context.state);
  for (const core of cores) {
    for (const section of core.sections) {
      const contract = rules.get(section.contract) ?? readContractRules(facts, section.contract);
      verifyCodeHash(section, contract.policy);
      verifyPolicyVersion(section, contract.policy);
      verifyKeyEpoch(section, facts);
      verifyNames(section, facts);
      verifyDatasets(section, contract);
      verifyOnlySupportedWrites(section);
      verifyLegacyEntries(section, contract, targetData.coreBytes.length);
      verifyKeyPoliciesSet(section, contract);
      if (isStateOf([section], context)) {
        verifyReadsCurrent(section, overlay);
        verifyLegacyReadsCurrent(section, context.state);
        verifyKeyPoliciesCurrent(section, contract, overlay);
        verifyGuardsCurrent(section, overlay);
      }
      verifyGuardsAreKept(section, contract);
      verifyMembershipGuards(section, contract);
      verifyContentGuards(section, contract);
      verifyGuardsBelong(section);
    }
    verifyGatedFlag(core, core.sections.flatMap(({ contract }) => rules.get(contract)?.policy ?? []));
    overlay.apply(core);
  }
  // Read as facts: a statement by somebody who is revoked before the transaction commits counts no more then.
  const profile = attachments.statements.length === 0 ? context.profile : withRevocationLists(context.profile, facts);
  verifySetDigests(attachments.statements, cores, { profile, rules });
  verifyPackets(cores, attachments.packets);
  verifyOwnerCopies(cores, attachments.packets, { facts, rules });
  verifySealedEvents(cores, attachments.sealedEvents);
  return { targetData, rules, factReads: facts.recorded() };
}

/** Whether the state at hand is that of one of these contracts. */
function isStateOf(sections: readonly ContractSection[], { stateOf }: EndorsementContext): boolean {
  return stateOf === undefined || sections.some(({ contract }) => contract === stateOf);
}

/** Throws DUPLICATE_TXID when a transaction of this id was ordered already. */
function verifyTxIdUnused(core: Core, state: EndorserState): void {
  if (state.result(core.txId) !== undefined) throw new SelvedgeError('DUPLICATE_TXID', 'a transaction of this id was ordered already');
}
