import { peer } from '@hyperledger/fabric-protos';
import { SelvedgeError } from '@selvedge/errors';
import type { Invocation, StateCalls } from '../ports.js';
import { isSystemChaincode, parseCalledName } from './contract-name.js';
import type { ChaincodeLimits } from './limits.js';
import { createMessage, type MessageTypeNumber } from './messages.js';
import { createMeter, requireCallRoom, type Meter } from './meter.js';
import { decodeRequest, RequestError } from './request-error.js';

/** How a called contract ended: the message that its process sent, for the caller's shim to take apart. */
export interface CalledRun {
  /** COMPLETED or ERROR. */
  readonly type: MessageTypeNumber;
  readonly payload: Uint8Array;
  /** A refusal that the contract answered with an error of its own: the reason to report if its caller fails as well. */
  readonly refusal?: SelvedgeError | undefined;
}

/** One running contract, towards the other runs of its transaction. */
export interface Caller {
  /** One for all runs of the transaction. */
  readonly meter: Meter;
  /** Called by another contract. */
  readonly isCalled: boolean;
  /** Runs the contract that an INVOKE_CHAINCODE names; the signal ends it. Throws RequestError, or SelvedgeError as StateCalls.openContract and ChaincodeHost.invoke. */
  call(payload: Uint8Array, signal: AbortSignal): Promise<CalledRun>;
}

/** Runs a contract in its own process. */
export type RunCalled = (invocation: Invocation, state: StateCalls, signal: AbortSignal, caller: Caller) => Promise<CalledRun>;

/**
 * The caller at a transaction's root. What it calls sees the same transaction: id, creator, transient fields, timestamp
 * and the client's proposal (core/chaincode: HandleInvokeChaincode).
 */
export function createCaller(root: Invocation, state: StateCalls, limits: ChaincodeLimits, run: RunCalled): Caller {
  const meter = createMeter(limits);
  const proposal = root.proposal ?? { contract: root.contract, args: root.args };
  let calls = 0;

  /** @param running contracts on the way from the root to this one, itself included */
  const callerOf = (invocation: Invocation, own: StateCalls, running: readonly string[]): Caller => ({
    meter,
    isCalled: running.length > 1,
    async call(payload, signal) {
      const { contract, channel, args } = parseCall(payload, invocation.channel);
      requireCallRoom(running.length, (calls += 1), limits);
      if (isSystemChaincode(contract)) {
        throw new SelvedgeError('CHAINCODE_UNSUPPORTED', `calling the system chaincode ${contract} is not supported`, { role: 'compute', details: { feature: contract } });
      }
      // A peer keeps one context per chaincode process, channel and transaction: a contract that is running already is not entered again.
      if (channel === invocation.channel && running.includes(contract)) throw new RequestError(`execute failed: error sending: txid: ${invocation.txId}(${channel}) exists`);
      const { codeHash, seed, idleSeed, state: theirs } = await own.openContract({ channel, contract, args });
      const called: Invocation = { ...invocation, channel, contract, args, codeHash, seed, idleSeed, proposal };
      return run(called, theirs, signal, callerOf(called, theirs, [...running, contract]));
    },
  });
  return callerOf(root, state, [root.contract]);
}

/** Payload of the RESPONSE to an INVOKE_CHAINCODE: the called contract's own message. Its event is not the transaction's. */
export function encodeCalledRun(run: CalledRun, ref: { readonly channel: string; readonly txId: string }): Uint8Array {
  return createMessage(run.type, ref, run.payload).serializeBinary();
}

function parseCall(payload: Uint8Array, ownChannel: string): { contract: string; channel: string; args: readonly Uint8Array[] } {
  const spec = decodeRequest(() => peer.ChaincodeSpec.deserializeBinary(payload));
  const { contract, channel } = parseCalledName(spec.getChaincodeId()?.getName() ?? '');
  return { contract, channel: channel === '' ? ownChannel : channel, args: spec.getInput()?.getArgsList_asU8() ?? [] };
}
