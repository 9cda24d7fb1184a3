import type { Contract, Gateway } from '@selvedge/client';
import { isSelvedgeError } from '@selvedge/errors';
import type { CaliperCore, Connector, TxStatus } from './api.js';
import { parseRequest } from './request.js';
import type { ConnectorSettings } from './settings.js';

/** The network that the connector calls, as a folder of `selvedge up` gives it. */
export interface ConnectedNetwork {
  readonly channel: string;
  connect(): Promise<Gateway>;
  deploy(chaincode: string): Promise<unknown>;
}

/**
 * A connector for Hyperledger Caliper: its requests go through the client library as an application's would.
 * A refusal ends a request as failed, with the refusal's code as its error message; a request that is no request throws TypeError.
 */
export function createConnector({ ConnectorBase, TxStatus }: CaliperCore, { workerIndex, settings, open }: { readonly workerIndex: number; readonly settings: ConnectorSettings; readonly open: (settings: ConnectorSettings) => Promise<ConnectedNetwork> }): Connector {
  class SelvedgeConnector extends ConnectorBase implements Connector {
    #gateway: Gateway | undefined;
    #contract: Contract | undefined;

    constructor() {
      super(workerIndex, 'selvedge');
    }

    /** Fails at once where there is no network. */
    async init(): Promise<void> {
      await open(settings);
    }

    async installSmartContract(): Promise<void> {
      if (settings.chaincode !== undefined) await (await open(settings)).deploy(settings.chaincode);
    }

    /** Connects for one round. */
    async getContext(): Promise<object> {
      await this.releaseContext();
      const network = await open(settings);
      this.#gateway = await network.connect();
      this.#contract = this.#gateway.getNetwork(network.channel).getContract(settings.contract);
      return { contract: settings.contract };
    }

    releaseContext(): Promise<void> {
      this.#gateway?.close();
      this.#gateway = undefined;
      this.#contract = undefined;
      return Promise.resolve();
    }

    async _sendSingleRequest(value: unknown): Promise<TxStatus> {
      const { contractFunction, contractArguments, transientMap, readOnly } = parseRequest(value);
      const contract = this.#contract;
      if (contract === undefined) throw new Error('no round is open: getContext comes first');
      const status = new TxStatus();
      const options = { arguments: contractArguments, transientData: transientMap };
      try {
        const result = await (readOnly ? contract.evaluate(contractFunction, options) : contract.submit(contractFunction, options));
        status.SetStatusSuccess();
        status.SetResult(Buffer.from(result));
      } catch (error) {
        status.SetStatusFail();
        status.SetResult('');
        status.SetErrMsg(0, isSelvedgeError(error) ? error.code : error instanceof Error ? error.name : 'UNKNOWN');
      }
      status.SetVerification(true);
      return status;
    }
  }
  return new SelvedgeConnector();
}
