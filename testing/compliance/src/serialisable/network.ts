import type { TargetData } from '@selvedge/protocol';
import { startNetworkInProcess, type Executed, type NetworkInProcess } from '@selvedge/contract-test/in-process';
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

/** Calls that were executed as one batch; an item is what the call read, or the code with which it was refused. */
export interface ExecutedCalls {
  readonly items: readonly ({ readonly txId: Uint8Array; readonly result: string } | { readonly refusal: string })[];
  readonly targetData: TargetData;
}

/** The network whose contract is the programs. */
export interface ProgramNetwork extends Pick<NetworkInProcess, 'endorse' | 'order' | 'close' | 'findStaleItems'> {
  /** Throws SelvedgeError with the code with which the compute node refused. */
  execute(call: Call): Promise<ExecutedCall>;
  /** The calls as one batch, of one creator. */
  executeBatch(calls: readonly Call[]): Promise<ExecutedCalls>;
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
    async executeBatch(calls) {
      const { items, targetData } = await network.executeBatch(calls.map((call) => ({ args: [Buffer.from(JSON.stringify(call))] })));
      return { targetData, items: items.map((item) => ('refusal' in item ? item : { txId: item.txId, result: Buffer.from(item.response.payload).toString() })) };
    },
    async execute(call) {
      const executed = await network.execute({ args: [Buffer.from(JSON.stringify(call))] });
      return { ...executed, call, result: Buffer.from(executed.response.payload).toString() };
    },
  };
}
