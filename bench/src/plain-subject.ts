import { openFabricGateway } from '@selvedge/client';
import { startPlainChaincode, type DevNetwork } from '@selvedge/dev-network';
import type { CountedProcess } from './accounting.js';
import { createPlainCalls, type PlainCalls } from './plain-calls.js';

const NAME = 'bench-plain';
/** The organisations that hold the values in clear and endorse. */
const HOLDERS = ['AuroraMSP', 'BorealisMSP'] as const;

/** The workload as a Fabric user has it today: the same chaincode package over a private data collection, or over public state. */
export interface PlainSubject {
  readonly calls: PlainCalls;
  /** Its chaincode's processes. */
  readonly processes: readonly CountedProcess[];
  stop(): Promise<void>;
}

/** Deploys the chaincode on the peers of two business organisations of a running Fabric network. @param contract its folder */
export async function startPlainSubject({ network, contract }: { readonly network: DevNetwork; readonly contract: string }): Promise<PlainSubject> {
  const { fabric } = network;
  if (fabric === undefined) throw new Error('plain Fabric chaincode needs a Fabric network');
  const [peers, members] = ['peer', 'member'].map((role) => HOLDERS.map((mspId) => `'${mspId}.${role}'`).join(', ')) as [string, string];
  const collections = [{ name: 'values', policy: `OR(${members})`, requiredPeerCount: 0, maxPeerCount: 1, blockToLive: 0, memberOnlyRead: true, memberOnlyWrite: true }];
  const chaincode = await startPlainChaincode({ fabric, directory: contract, name: NAME, version: '1', mspIds: HOLDERS, endorsementPolicy: `AND(${peers})`, collections });
  const [client] = HOLDERS;
  const gateway = await openFabricGateway({ connectionProfile: network.connectionProfile(), signer: await network.identity(client) });
  return {
    calls: createPlainCalls(gateway, NAME, HOLDERS),
    processes: chaincode.pids.map((pid, i) => ({ name: `${NAME}-${String(i + 1)}`, part: 'plain-chaincode', pid })),
    async stop() {
      gateway.close();
      await chaincode.stop();
    },
  };
}
