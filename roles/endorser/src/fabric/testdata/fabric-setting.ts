import { APPLY_FUNCTION, ALL_FACTS_FUNCTION, createCollections, ENDORSE_FUNCTION, FACTS_FUNCTION, POLICY_CHAINCODE, TARGET_DATA_FIELD } from '@selvedge/fabric';
import type { TestConsortium, TestContract } from '@selvedge/fixtures';
import { encodeMessage, TargetDataSchema, type TargetData } from '@selvedge/protocol';
import { createChaincode, type Chaincode } from '../chaincode.js';
import { ENDORSEMENT_FUNCTIONS, EndorsementContract, type EndorsementContractOptions } from '../endorsement-contract.js';
import { PolicyContract } from '../policy-contract.js';
import type { ChaincodeLog } from '../ports.js';
import { createFakePeer, type FakeCall, type FakePeer } from './fake-peer.js';

export const SILENT: ChaincodeLog = { debug: () => undefined, error: () => undefined };

export function policyChaincode(consortium: TestConsortium, log: ChaincodeLog = SILENT): Chaincode {
  const functions = { [APPLY_FUNCTION]: 1, [FACTS_FUNCTION]: 1, [ALL_FACTS_FUNCTION]: 0 };
  return createChaincode({ contract: new PolicyContract({ profile: consortium.profile }), functions, role: 'policy-chaincode', log });
}

export function endorsementChaincode(consortium: TestConsortium, options: Partial<EndorsementContractOptions> = {}, log: ChaincodeLog = SILENT): Chaincode {
  const { network, channel, contract } = consortium;
  const made = new EndorsementContract({ network, channel, contract, now: () => consortium.now, ...options });
  return createChaincode({ contract: made, functions: ENDORSEMENT_FUNCTIONS, role: 'endorsement-chaincode', log });
}

/** A peer with both chaincodes, the contract's collections, and the consortium's facts as they are now. */
export function createEndorsingPeer(consortium: TestConsortium, options: Partial<EndorsementContractOptions> = {}, log: ChaincodeLog = SILENT): FakePeer {
  const peer = createFakePeer();
  peer.chaincodes.set(POLICY_CHAINCODE, policyChaincode(consortium, log));
  peer.chaincodes.set(consortium.contract, endorsementChaincode(consortium, options, log));
  peer.collections.set(consortium.contract, new Set(createCollections(consortium.contractPolicy, { keepers: 'none' }).map(({ name }) => name)));
  setFacts(peer, consortium);
  return peer;
}

/** Deploys another contract's endorsement chaincode, with its collections. */
export function addEndorsement(peer: FakePeer, consortium: TestConsortium, { policy }: TestContract): void {
  peer.chaincodes.set(policy.name, endorsementChaincode(consortium, { contract: policy.name }));
  peer.collections.set(policy.name, new Set(createCollections(policy, { keepers: 'none' }).map(({ name }) => name)));
  setFacts(peer, consortium);
}

/** Puts the consortium's facts on a peer's ledger, past the policy chaincode. */
export function setFacts(peer: FakePeer, consortium: TestConsortium): void {
  for (const { key, value } of consortium.state.factEntries()) peer.put(POLICY_CHAINCODE, '', key, value);
}

/** A client's call of Endorse. */
export function endorseCall(consortium: TestConsortium, targetData: TargetData | Uint8Array): FakeCall {
  const bytes = targetData instanceof Uint8Array ? targetData : encodeMessage(TargetDataSchema, targetData);
  return { chaincode: consortium.contract, fn: ENDORSE_FUNCTION, transient: { [TARGET_DATA_FIELD]: bytes } };
}
