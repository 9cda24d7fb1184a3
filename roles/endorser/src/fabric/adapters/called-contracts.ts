import { requireLength } from '@selvedge/protocol';
import { SelvedgeError } from '@selvedge/errors';
import { ENDORSE_CALLED_FUNCTION, parseRefusalText } from '@selvedge/fabric';
import type { CalledContracts } from '../ports.js';
import type { ChaincodeStub } from './chaincode-stub.js';

const OK = 200;

/** Endorsement chaincodes of other contracts by way of the stub: within the same transaction, and shown the same proposal. */
export function createCalledContracts(stub: ChaincodeStub): CalledContracts {
  return {
    async endorse(contract) {
      let response: Awaited<ReturnType<ChaincodeStub['invokeChaincode']>>;
      try {
        response = await stub.invokeChaincode(contract, [ENDORSE_CALLED_FUNCTION, contract], stub.getChannelID());
      } catch (cause) {
        throw new SelvedgeError('UNAVAILABLE', `the endorsement chaincode of called contract ${contract} does not answer: is it committed on this channel, installed on this peer, and running?`, { cause });
      }
      if (response.status !== OK) throw parseRefusalText(response.message ?? '') ?? new SelvedgeError('UNAVAILABLE', `the endorsement chaincode of called contract ${contract} refuses`);
      const digest = response.payload ?? new Uint8Array(0);
      requireLength('digest of a called contract’s endorsement', digest, 32);
      return digest;
    },
  };
}
