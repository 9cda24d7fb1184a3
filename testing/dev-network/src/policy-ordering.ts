import { openFabricGateway, type ConnectionProfile, type NetworkPorts } from '@selvedge/client';
import { policyTransactionId, validationCodeName } from '@selvedge/embedded-ledger';
import { SelvedgeError } from '@selvedge/errors';
import { applyPolicyTransaction } from '@selvedge/fabric-network';
import type { Signer } from '@selvedge/identity';
import { encodeMessage, TransactionSchema, ValidationCode } from '@selvedge/protocol';

const WAIT_MS = 10_000;
const TIMEOUT_MS = 15_000;
/** On Fabric an endorsement, an election and a block may lie between. */
const FABRIC_TIMEOUT_MS = 30_000;

/** Brings approved policy changes onto the ledger. */
export interface PolicyOrdering {
  /**
   * Resolves with the number of the block that holds the change. Throws COMMIT_INVALID, COMMIT_UNKNOWN, and on Fabric the policy chaincode's refusals.
   * @param policyTransaction PolicyTransaction bytes
   * @param submitter who hands it over, where that takes an identity; its approvals are in the change
   */
  order(policyTransaction: Uint8Array, submitter: Signer | undefined): Promise<bigint>;
}

/** The embedded ledger: the sequencer orders, and every business node has the verdict. */
export function createEmbeddedOrdering(ports: NetworkPorts): PolicyOrdering {
  return {
    async order(policyTransaction) {
      const txId = policyTransactionId(policyTransaction);
      await ports.sequencer().submit(encodeMessage(TransactionSchema, { kind: { case: 'policy', value: policyTransaction } }), { timeoutMs: TIMEOUT_MS });
      const answers = await Promise.all(ports.businessNodes().map((node) => node.commitStatus(txId, WAIT_MS, { timeoutMs: TIMEOUT_MS })));
      const [first] = answers;
      if (first === undefined || answers.some(({ known }) => !known)) {
        throw new SelvedgeError('COMMIT_UNKNOWN', 'not every business node has seen the policy change yet', { role: 'cli' });
      }
      if (first.code !== ValidationCode.VALID) throw new SelvedgeError('COMMIT_INVALID', `the policy change was found invalid: ${validationCodeName(first.code)}`, { role: 'ledger' });
      return first.blockNumber;
    },
  };
}

/** Hyperledger Fabric: the policy chaincode records the change. */
export function createFabricOrdering(connectionProfile: ConnectionProfile): PolicyOrdering {
  return {
    async order(policyTransaction, submitter) {
      if (submitter === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', 'a policy change on Fabric needs an identity that submits it', { role: 'cli' });
      const gateway = await openFabricGateway({ connectionProfile, signer: submitter });
      try {
        const chaincode = connectionProfile.fabric?.policyChaincode;
        return await applyPolicyTransaction(gateway, policyTransaction, { chaincode, timeoutMs: FABRIC_TIMEOUT_MS, nowMs: () => performance.now() });
      } finally {
        gateway.close();
      }
    },
  };
}
