import { Contract, type Context } from 'fabric-contract-api';
import { createRememberingAppraise } from '@selvedge/attestation';
import { encodeFabricEvents, ENDORSE_CALLED_FUNCTION, ENDORSE_FUNCTION, EVENT_NAME, POLICY_CHAINCODE } from '@selvedge/fabric';
import { createCalledContracts } from './adapters/called-contracts.js';
import type { ChaincodeStub } from './adapters/chaincode-stub.js';
import { readInvocation } from './adapters/invocation.js';
import { createPolicyFactsSource, type PolicyFactsSource } from './adapters/policy-facts.js';
import { createPrivateState } from './adapters/stub-state.js';
import { endorse, endorseCalled, type EndorsementInput, type EndorsementTarget } from './endorse.js';

export interface EndorsementContractOptions extends EndorsementTarget {
  /** Name of the channel's policy chaincode; default selvedge-policy. */
  readonly policyChaincode?: string | undefined;
  /** May only make it refuse. */
  readonly now: () => Date;
}

/** The endorsement chaincode of one confidential contract, deployed under the contract's name. */
export class EndorsementContract extends Contract {
  readonly #target: EndorsementTarget;
  readonly #facts: PolicyFactsSource;
  readonly #now: () => Date;
  readonly #appraise = createRememberingAppraise();

  constructor({ network, channel, contract, policyChaincode = POLICY_CHAINCODE, now }: EndorsementContractOptions) {
    super();
    this.#target = { network, channel, contract };
    this.#facts = createPolicyFactsSource(policyChaincode);
    this.#now = now;
  }

  /**
   * Verifies the target data in transient field targetData and writes its packets, deletes, guards and markers.
   * Gives FabricEndorsement bytes; the items’ sealed events become the chaincode event. Throws the first refusal.
   */
  async [ENDORSE_FUNCTION](context: Context): Promise<Buffer> {
    const { stub } = context;
    const { response, events } = await endorse({ ...this.#input(stub), called: createCalledContracts(stub) });
    if (events.length > 0) stub.setEvent(EVENT_NAME, encodeFabricEvents(events));
    return Buffer.from(response);
  }

  /**
   * The same for a contract that the invoked one called, by whose endorsement chaincode this is called; without an event.
   * Gives SHA-256 of the EndorsementPayload. Throws the first refusal.
   */
  async [ENDORSE_CALLED_FUNCTION](context: Context, name: string): Promise<Buffer> {
    return Buffer.from(await endorseCalled(this.#input(context.stub), name));
  }

  #input(stub: ChaincodeStub): EndorsementInput {
    return { invocation: readInvocation(stub), target: this.#target, facts: this.#facts.within(stub), state: createPrivateState(stub), appraise: this.#appraise, at: this.#now() };
  }
}

/** The functions that can be called, by the number of arguments that they take. */
export const ENDORSEMENT_FUNCTIONS: Readonly<Record<string, number>> = { [ENDORSE_FUNCTION]: 0, [ENDORSE_CALLED_FUNCTION]: 1 };
