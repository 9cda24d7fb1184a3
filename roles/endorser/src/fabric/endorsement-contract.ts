import { Contract, type Context } from 'fabric-contract-api';
import { encodeFabricEvents, ENDORSE_FUNCTION, EVENT_NAME, POLICY_CHAINCODE } from '@selvedge/fabric';
import { readInvocation } from './adapters/invocation.js';
import { createPolicyFactsSource, type PolicyFactsSource } from './adapters/policy-facts.js';
import { createPrivateState } from './adapters/stub-state.js';
import { endorse, type EndorsementTarget } from './endorse.js';

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

  constructor({ network, channel, contract, policyChaincode = POLICY_CHAINCODE, now }: EndorsementContractOptions) {
    super();
    this.#target = { network, channel, contract };
    this.#facts = createPolicyFactsSource(policyChaincode);
    this.#now = now;
  }

  /**
   * Verifies the target data in transient field targetData and writes its packets, deletes, guards and marker.
   * Gives FabricEndorsement bytes; the sealed event becomes the chaincode event. Throws the first refusal.
   */
  async [ENDORSE_FUNCTION](context: Context): Promise<Buffer> {
    const { stub } = context;
    const { response, txId, sealedEvents } = await endorse({
      invocation: readInvocation(stub),
      target: this.#target,
      facts: this.#facts.within(stub),
      state: createPrivateState(stub),
      at: this.#now(),
    });
    if (sealedEvents.length > 0) stub.setEvent(EVENT_NAME, encodeFabricEvents(txId, sealedEvents));
    return Buffer.from(response);
  }
}
