'use strict';
const { WorkloadModuleBase } = require('@hyperledger/caliper-core');

/** The benchmark's updates and queries; each worker first writes its share of the keys. */
class Workload extends WorkloadModuleBase {
  async initializeWorkloadModule(workerIndex, totalWorkers, roundIndex, roundArguments, sutAdapter, sutContext) {
    await super.initializeWorkloadModule(workerIndex, totalWorkers, roundIndex, roundArguments, sutAdapter, sutContext);
    const { createRequests, fillRequests, parseRoundArguments } = await import('../dist/caliper/requests.js');
    const round = parseRoundArguments(roundArguments);
    const worker = { index: workerIndex, of: totalWorkers };
    for (const request of fillRequests(round, worker)) {
      const status = await sutAdapter.sendRequests(request);
      if (!status.IsCommitted()) throw new Error(`filling the state was refused: ${status.GetErrMsg().join()}`);
    }
    this.nextRequest = createRequests(round, worker);
  }

  async submitTransaction() {
    await this.sutAdapter.sendRequests(this.nextRequest());
  }
}

module.exports.createWorkloadModule = () => new Workload();
