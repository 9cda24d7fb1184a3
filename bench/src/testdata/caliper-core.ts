import { EventEmitter } from 'node:events';
import type { CaliperCore, ConnectorBase, TxStatus } from '../caliper/api.js';

/** The base class's contract, as caliper-core 0.6.0 and 0.7.1 have it: events around each request, and an error that is thrown on. */
class FakeConnectorBase extends EventEmitter implements ConnectorBase {
  constructor(
    private readonly workerIndex: number,
    private readonly bcType: string,
  ) {
    super();
  }

  getType(): string {
    return this.bcType;
  }

  getWorkerIndex(): number {
    return this.workerIndex;
  }

  async sendRequests(requests: unknown): Promise<TxStatus | TxStatus[]> {
    if (Array.isArray(requests)) return Promise.all(requests.map(async (request) => (await this.sendRequests(request)) as TxStatus));
    this.emit('txsSubmitted', 1);
    let result: TxStatus = new FakeTxStatus();
    try {
      result = await (this as unknown as { _sendSingleRequest(request: unknown): Promise<TxStatus> })._sendSingleRequest(requests);
    } catch (error) {
      result.SetStatusFail();
      throw error;
    } finally {
      this.emit('txsFinished', result);
    }
    return result;
  }
}

class FakeTxStatus implements TxStatus {
  private readonly status = { status: 'created', verified: false, result: undefined as unknown, error_messages: [] as string[] };

  SetStatusSuccess(): void {
    this.status.status = 'success';
  }

  SetStatusFail(): void {
    this.status.status = 'failed';
  }

  SetVerification(isVerified: boolean): void {
    this.status.verified = isVerified;
  }

  SetResult(result: unknown): void {
    this.status.result = result;
  }

  SetErrMsg(index: number, message: string): void {
    this.status.error_messages[index] = message;
  }

  IsCommitted(): boolean {
    return this.status.status === 'success';
  }

  Marshal(): object {
    return this.status;
  }
}

export const FAKE_CALIPER_CORE: CaliperCore = { ConnectorBase: FakeConnectorBase, TxStatus: FakeTxStatus };
