import { approveProposal, removeProposal, type Proposal, type WantedChange } from '@selvedge/contract-lifecycle';
import { SelvedgeError } from '@selvedge/errors';
import { applyPolicyTransaction, readPolicyFacts, untilPassed, type FabricGateway, type PolicyFacts } from '@selvedge/fabric-network';
import type { Signer } from '@selvedge/identity';
import { createPolicyChange, facts as keys, verifyPolicyTransaction, verifySignedProfile, type FactUpdate, type Profile } from '@selvedge/policy';
import { ownOrganisations, type FabricFolder } from './folder.js';
import { openOwnGateway } from './gateway.js';
import { signingAdmins } from './signers.js';

/** The policy on a channel, read and changed through an organisation's own peer. */
export interface PolicyAccess {
  /** Every fact, as the organisation's own peer has it. @param timeoutMs how long to try while the chaincode is not there yet; default 30,000 */
  facts(timeoutMs?: number): Promise<PolicyFacts>;
  /** PolicyChange bytes against the present facts. */
  propose(changes: readonly FactUpdate[]): Promise<Uint8Array>;
  /** Has PolicyTransaction bytes recorded. Resolves with the block's number. Throws the policy chaincode's refusal. */
  submit(policyTransaction: Uint8Array): Promise<bigint>;
  /**
   * Approves a change with every administrator here and records it once enough organisations have approved.
   * @param profile who may approve
   */
  change(wanted: WantedChange, profile: Profile): Promise<{ readonly proposal: Proposal; readonly blockNumber: bigint | undefined }>;
  close(): void;
}

const TIMEOUT_MS = 30_000;

/** Opens the policy of a deployment's channel. Throws INVALID_CONFIGURATION when no organisation is operated from the folder. */
export async function openPolicyAccess({ layout, deployment }: FabricFolder): Promise<PolicyAccess> {
  const admins = await signingAdmins(deployment);
  const [organisation] = ownOrganisations(deployment);
  const [admin] = admins;
  if (organisation === undefined || admin === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', 'organisations: none has "own", so nothing is operated from this folder', { role: 'cli' });
  const gateway = await openOwnGateway(deployment, organisation, admin);
  return createPolicyAccess({ gateway, admins, chaincode: deployment.policyChaincode, proposals: layout.proposals, network: deployment.network, channel: deployment.channel });
}

function createPolicyAccess(input: { readonly gateway: FabricGateway; readonly admins: readonly Signer[]; readonly chaincode: string; readonly proposals: string; readonly network: string; readonly channel: string }): PolicyAccess {
  const { gateway, admins, chaincode, network, channel } = input;
  const facts = (timeoutMs = TIMEOUT_MS): Promise<PolicyFacts> =>
    untilPassed({ timeoutMs }, () => performance.now(), (within) => readPolicyFacts(gateway, within, chaincode));
  const submit = async (policyTransaction: Uint8Array): Promise<bigint> => {
    const present = await facts();
    const recorded = present.fact(keys.profile);
    // The chaincode says the same; here the caller learns it before anything is sent.
    if (recorded !== undefined) verifyPolicyTransaction(policyTransaction, { facts: present, profile: verifySignedProfile(recorded) });
    return applyPolicyTransaction(gateway, policyTransaction, { chaincode, timeoutMs: TIMEOUT_MS, nowMs: () => performance.now() });
  };
  return {
    facts,
    propose: async (changes) => createPolicyChange({ network, channel, changes, facts: await facts() }),
    submit,
    async change(wanted, profile) {
      const proposal = await approveProposal(input.proposals, wanted, { profile, facts: await facts(), admins });
      if (proposal.approvals.length < proposal.needed) return { proposal, blockNumber: undefined };
      const blockNumber = await submit(proposal.transaction);
      await removeProposal(proposal);
      return { proposal, blockNumber };
    },
    close: () => {
      gateway.close();
    },
  };
}
