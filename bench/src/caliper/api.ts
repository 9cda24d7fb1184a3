/**
 * What the connector uses of @hyperledger/caliper-core, which is not installed with this repository.
 * Versions 0.6.0 and 0.7.1 have it alike (lib/common/core/connector-base.js, transaction-status.js).
 */

/** The state of one request, as Caliper's observers read it. */
export interface TxStatus {
  SetStatusSuccess(time?: number): void;
  SetStatusFail(): void;
  SetVerification(isVerified: boolean): void;
  SetResult(result: unknown): void;
  SetErrMsg(index: number, message: string): void;
  IsCommitted(): boolean;
  /** All of it. */
  Marshal(): object;
}

/** Counts requests and tells Caliper's worker of them; `sendRequests` calls `_sendSingleRequest` of the derived class. */
export interface ConnectorBase {
  getType(): string;
  getWorkerIndex(): number;
  sendRequests(requests: unknown): Promise<TxStatus | TxStatus[]>;
}

export interface CaliperCore {
  readonly ConnectorBase: new (workerIndex: number, bcType: string) => ConnectorBase;
  readonly TxStatus: new (id?: string) => TxStatus;
}

/** A connector as Caliper's manager and workers call it. */
export interface Connector extends ConnectorBase {
  init(workerInit?: boolean): Promise<void>;
  installSmartContract(): Promise<void>;
  getContext(roundIndex: number, args?: unknown): Promise<object>;
  releaseContext(context?: unknown): Promise<void>;
  _sendSingleRequest(request: unknown): Promise<TxStatus>;
}
