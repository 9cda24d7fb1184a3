import { startNetworkInProcess, type Executed, type NetworkInProcess } from '../in-process/network.js';
import { createProgramHost } from './chaincode.js';
import type { Call } from './programs.js';

/** Small, so that a set takes several pages. */
const PAGE_BYTES = 600;

/** A call that was executed. */
export interface ExecutedCall extends Executed {
  readonly call: Call;
  /** What the programs read, as one text. */
  readonly result: string;
}

/** The network whose contract is the programs. */
export interface ProgramNetwork extends Pick<NetworkInProcess, 'endorse' | 'order' | 'close'> {
  /** Throws SelvedgeError with the code with which the compute node refused. */
  execute(call: Call): Promise<ExecutedCall>;
}

/** Starts the network; both datasets keep a content guard, and one is a private data collection. */
export async function startProgramNetwork(): Promise<ProgramNetwork> {
  const members = ['AuroraMSP'];
  const network = await startNetworkInProcess({
    host: createProgramHost(),
    pageBytes: PAGE_BYTES,
    policy: { datasets: [{ name: '', ownerSet: 'houses', contentGuard: true }, { name: 'auroraStones', ownerSet: 'aurora', contentGuard: true, members, memberOnlyRead: true }] },
  });
  return {
    ...network,
    async execute(call) {
      const executed = await network.execute({ args: [Buffer.from(JSON.stringify(call))] });
      return { ...executed, call, result: Buffer.from(executed.response.payload).toString() };
    },
  };
}
