import { common, gateway, peer } from '@hyperledger/fabric-protos';
import { equalBytes, sha256 } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import type { EndorsedFabricTransaction } from './ports.js';
import type { FabricProposal } from './proposal.js';

const SUCCESS = 200;

/**
 * Reads a gateway peer's PreparedTransaction and checks that it is the proposal's own, before the client signs it: a
 * gateway peer, which may be another organisation's, must not get a signature on anything else. The endorsements are
 * not checked here. Throws FABRIC_TRANSACTION_MISMATCH or MALFORMED_MESSAGE.
 */
export function readPreparedTransaction(bytes: Uint8Array, proposal: FabricProposal): EndorsedFabricTransaction {
  const { transactionId, chaincode } = proposal;
  return parsing(() => {
    const payload = common.Payload.deserializeBinary(required(gateway.PreparedTransaction.deserializeBinary(bytes).getEnvelope()).getPayload_asU8());
    const header = required(payload.getHeader());
    const actions = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
    const action = required(actions[0]);
    const actionPayload = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8());
    const endorsed = required(actionPayload.getAction());
    const signedPayload = endorsed.getProposalResponsePayload_asU8();
    const answer = peer.ProposalResponsePayload.deserializeBinary(signedPayload);
    const result = peer.ChaincodeAction.deserializeBinary(answer.getExtension_asU8());
    const response = required(result.getResponse());

    if (!equalBytes(header.getChannelHeader_asU8(), proposal.channelHeader)) throw mismatch(transactionId, 'has another channel header');
    if (!equalBytes(header.getSignatureHeader_asU8(), proposal.signatureHeader)) throw mismatch(transactionId, 'has another signature header');
    if (actions.length !== 1) throw mismatch(transactionId, 'has more than one action');
    if (!equalBytes(action.getHeader_asU8(), proposal.signatureHeader)) throw mismatch(transactionId, 'has an action of another creator or nonce');
    if (!equalBytes(actionPayload.getChaincodeProposalPayload_asU8(), proposal.payload)) throw mismatch(transactionId, 'has another input, or holds transient data');
    if (!equalBytes(answer.getProposalHash_asU8(), sha256(proposal.channelHeader, proposal.signatureHeader, proposal.payload))) throw mismatch(transactionId, 'was endorsed for another proposal');
    if (result.getChaincodeId()?.getName() !== chaincode) throw mismatch(transactionId, 'was endorsed by another chaincode');
    if (response.getStatus() !== SUCCESS) throw mismatch(transactionId, `has chaincode status ${String(response.getStatus())}`);

    const endorsements = endorsed.getEndorsementsList().map((each) => ({ identity: each.getEndorser_asU8(), signature: each.getSignature_asU8() }));
    return { transactionId, chaincode, response: response.getPayload_asU8(), signedPayload, endorsements, bytes };
  });
}

function mismatch(transactionId: string, what: string): SelvedgeError {
  return new SelvedgeError('FABRIC_TRANSACTION_MISMATCH', `the gateway peer’s transaction ${what}`, { role: 'client', details: { txId: transactionId } });
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a part is missing');
  return value;
}

/** The parser's own text may repeat input; it is not passed on. */
function parsing<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isSelvedgeError(error)) throw error;
    throw new SelvedgeError('MALFORMED_MESSAGE', 'the gateway peer’s transaction does not parse', { role: 'client' });
  }
}
